//! XML that is written element by element. Whatever text it is given, it stays well-formed.

use std::io::{self, Write};

use quick_xml::{
    Writer,
    events::{BytesEnd, BytesStart, BytesText, Event},
};

use crate::printable::printable;

/// An attribute.
pub(crate) type Attribute<'a> = (&'a str, String);

/// A file that is being written.
pub(crate) struct Xml<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> Xml<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { writer: Writer::new(out) }
    }

    /// Writes what is no element: declarations.
    pub(crate) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.writer.get_mut().write_all(text.as_bytes())
    }

    /// Begins an element.
    pub(crate) fn start(&mut self, name: &str, attributes: &[Attribute<'_>]) -> io::Result<()> {
        self.writer.write_event(Event::Start(element(name, attributes)))
    }

    /// Writes an element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[Attribute<'_>]) -> io::Result<()> {
        self.writer.write_event(Event::Empty(element(name, attributes)))
    }

    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_event(Event::Text(BytesText::new(&printable(text))))
    }

    pub(crate) fn end(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Writes an element with a text.
    pub(crate) fn with_text(&mut self, name: &str, attributes: &[Attribute<'_>], text: &str) -> io::Result<()> {
        self.start(name, attributes)?;
        self.text(text)?;
        self.end(name)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.get_mut().flush()
    }
}

fn element<'a>(name: &'a str, attributes: &[Attribute<'_>]) -> BytesStart<'a> {
    let mut element = BytesStart::new(name);
    for (name, value) in attributes {
        element.push_attribute((*name, printable(value).as_ref()));
    }
    element
}
