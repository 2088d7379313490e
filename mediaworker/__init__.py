"""A process of its own that turns recordings into downloads, microcourses and thumbnails."""
