//! The share of a page that images cover.

use pdfium_render::prelude::{PdfMatrix, PdfPage, PdfPageObject, PdfPageObjectCommon, PdfPageObjectsCommon, PdfRect};

/// The maximum number of objects that are visited, and the maximum nesting of forms: a page may claim a billion.
const MAX_OBJECTS: usize = 20_000;
const DEEPEST: usize = 4;

/// The share of the page that image objects cover, 0 to 1. Overlapping images count twice.
pub(super) fn of_images(page: &PdfPage<'_>) -> f32 {
    let Ok(sheet) = page.boundaries().bounding().map(|boundary| boundary.bounds) else { return 0.0 };
    let mut images = Images { sheet, covered: 0.0, left: MAX_OBJECTS };
    images.add(page.objects().iter(), PdfMatrix::IDENTITY, DEEPEST);
    let share = images.covered / area(&sheet);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

struct Images {
    sheet: PdfRect,
    /// The covered area in square points.
    covered: f32,
    left: usize,
}

impl Images {
    /// Adds the images among `objects`. `matrix` maps them to the page.
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
