"""The class on the wire: the `/class` Socket.IO namespace, and the fan-out of what happens to its viewers."""
