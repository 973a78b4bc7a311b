"""render.py PDF FOLDER DPI grey|rgb: each page as a PNG (0001.png …)."""

import sys
from pathlib import Path

import pypdfium2

source, folder, dpi, grey = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "grey"
images = [page.render(scale=dpi / 72, grayscale=grey).to_pil() for page in pypdfium2.PdfDocument(source)]
for number, image in enumerate(images, start=1):
    image.save(folder / f"{number:04}.png", dpi=(dpi, dpi))
