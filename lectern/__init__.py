"""The ground floor of Lectern: what every other package stands on, and the app that wires them."""

__version__ = "0.1.0"
