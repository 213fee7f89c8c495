"""Reads an uploaded file in a process of its own: `python -m atelier.material.probe FILE OUTDIR`.

Prints one JSON object: {"ok": true, "kind", "suffix", "width", "height", "frames", "fps", "duration",
"looked_at", "faces_in"} (in how many of the pictures looked at a face can be seen) with thumb.jpg (and filmstrip.jpg
for a video) in OUTDIR, or {"ok": false, "code", "found"}. Knows no Django and no settings: it holds no secret worth stealing.
"""
