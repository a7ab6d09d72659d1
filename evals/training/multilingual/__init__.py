"""The multilingual model, made from published weights: its vocabulary cut to what courses use, its layers in 8 bits."""
