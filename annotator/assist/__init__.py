"""Classical segmentation on a cropped RGB region: pure functions of pixels and hints; `registry.py` lists them."""
