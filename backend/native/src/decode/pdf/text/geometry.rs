//! Rectangles in an image, and their transformation into a frame in which a line of text runs to the right.

/// A rectangle in pixels, `top` being above `bottom`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Rect {
    pub(in super::super) left: f32,
    pub(in super::super) top: f32,
    pub(in super::super) right: f32,
    pub(in super::super) bottom: f32,
}

impl Rect {
    /// The bounding rectangle of two points.
    pub(super) fn between(a: (f32, f32), b: (f32, f32)) -> Self {
        Self { left: a.0.min(b.0), top: a.1.min(b.1), right: a.0.max(b.0), bottom: a.1.max(b.1) }
    }

    /// The bounding rectangle of both.
    pub(super) fn around(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    pub(super) fn width(self) -> f32 {
        self.right - self.left
    }

    pub(super) fn height(self) -> f32 {
        self.bottom - self.top
    }

    pub(super) fn scaled(self, (x, y): (f32, f32)) -> Self {
        Self { left: self.left * x, top: self.top * y, right: self.right * x, bottom: self.bottom * y }
    }

    pub(super) fn grown(self, by: f32) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }
}

/// The direction in which a line of text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Right,
    Down,
    Left,
    Up,
}

impl Direction {
    pub(super) const ALL: [Self; 4] = [Self::Right, Self::Down, Self::Left, Self::Up];

    /// The direction nearest to this vector, and whether the vector deviates much from it.
    pub(super) fn from_vector(x: f32, y: f32) -> (Self, bool) {
        /// The tangent of ten degrees.
        const SLANT: f32 = 0.18;
        let direction = match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
            (true, true, _) => Self::Right,
            (true, false, _) => Self::Left,
            (false, _, true) => Self::Down,
            (false, _, false) => Self::Up,
        };
        (direction, x.abs().min(y.abs()) > SLANT * x.abs().max(y.abs()))
    }

    /// The direction rotated by 90° clockwise, which upright letters one below the other have.
    pub(super) fn clockwise(self) -> Self {
        match self {
            Self::Right => Self::Down,
            Self::Down => Self::Left,
            Self::Left => Self::Up,
            Self::Up => Self::Right,
        }
    }

    /// Converts a point of the image into the frame of lines with this direction.
    pub(super) fn frame(self, (x, y): (f32, f32)) -> (f32, f32) {
        match self {
            Self::Right => (x, y),
            Self::Down => (y, -x),
            Self::Left => (-x, -y),
            Self::Up => (-y, x),
        }
    }

    /// Converts a point of the frame into a point of the image.
    pub(super) fn unframe(self, (x, y): (f32, f32)) -> (f32, f32) {
        match self {
            Self::Right => (x, y),
            Self::Down => (-y, x),
            Self::Left => (-x, -y),
            Self::Up => (y, -x),
        }
    }

    /// Converts a rectangle of the image into the frame.
    pub(super) fn frame_rect(self, rect: Rect) -> Rect {
        Rect::between(self.frame((rect.left, rect.top)), self.frame((rect.right, rect.bottom)))
    }
}
