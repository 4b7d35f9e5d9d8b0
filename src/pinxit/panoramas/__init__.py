"""The whole sphere around a viewer: panoramas, cubemaps and environment maps painted with strokes of one size."""
