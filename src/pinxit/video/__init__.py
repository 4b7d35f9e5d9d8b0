"""Moving pictures: videos, animations and numbered pictures in and out, a style along them."""
