"""The bundled models, and the scripts that make them again. Torch is needed here and nowhere else."""
