//! How much of a page pictures cover.

use pdfium_render::prelude::{PdfMatrix, PdfPage, PdfPageObject, PdfPageObjectCommon, PdfPageObjectsCommon, PdfRect};

/// Objects that are looked at, and forms within forms: a page may claim a billion.
const MOST_OBJECTS: usize = 20_000;
const DEEPEST: usize = 4;

/// The share of the page that image objects cover, 0 to 1. Pictures on one another count twice.
pub(super) fn of_pictures(page: &PdfPage<'_>) -> f32 {
    let Ok(sheet) = page.boundaries().bounding().map(|boundary| boundary.bounds) else { return 0.0 };
    let mut pictures = Pictures { sheet, covered: 0.0, left: MOST_OBJECTS };
    pictures.add(page.objects().iter(), PdfMatrix::IDENTITY, DEEPEST);
    let share = pictures.covered / area(&sheet);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

struct Pictures {
    sheet: PdfRect,
    /// Square points.
    covered: f32,
    left: usize,
}

impl Pictures {
    /// Adds those among `objects`, which `matrix` puts on the page.
    fn add<'a>(&mut self, objects: impl Iterator<Item = PdfPageObject<'a>>, matrix: PdfMatrix, deepest: usize) {
        for object in objects {
            let Some(left) = self.left.checked_sub(1) else { return };
            self.left = left;
            if object.as_image_object().is_some() {
                let place = object.bounds().map(|bounds| bounds.transform(matrix).to_rect());
                self.covered += place.map_or(0.0, |place| area(&common(&place, &self.sheet)));
            } else if let Some(form) = object.as_x_object_form_object()
                && let Some(deepest) = deepest.checked_sub(1)
                && let Ok(own) = form.matrix()
            {
                self.add(form.iter(), own.multiply(matrix), deepest);
            }
        }
    }
}

fn common(a: &PdfRect, b: &PdfRect) -> PdfRect {
    PdfRect::new(a.bottom().max(b.bottom()), a.left().max(b.left()), a.top().min(b.top()), a.right().min(b.right()))
}

fn area(rect: &PdfRect) -> f32 {
    (rect.right() - rect.left()).value.max(0.0) * (rect.top() - rect.bottom()).value.max(0.0)
}
