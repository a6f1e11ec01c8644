"""The pure core: numpy, OpenCV and the standard library; no Django, no torch, no I/O."""
