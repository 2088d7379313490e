"""The ground floor of Lectern: what every other package stands on, and the app that wires them."""
