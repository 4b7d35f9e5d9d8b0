"""A local page that shows pictures, panoramas, videos and models, before and after, with live tone."""
