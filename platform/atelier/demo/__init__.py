"""The main job, played by separate people through the HTTP API alone. Imports nothing of the applications."""
