"""`script/bench lesson`: a scripted lesson in real Chromium on one machine, and how fast it feels."""
