"""Training of the bundled models. Needs torch, safetensors, onnx and scikit-learn, which nothing else here does."""
