//! XML as `DataContractSerializer` reads it, but with the members in any order.
//!
//! No document type definition, so no entities but the five that XML has by itself (XML 1.0, section 4.6), and
//! nothing outside the body is ever read.

use countersign_domain::secret::SecretText;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use zeroize::Zeroizing;

use crate::aspnet::members::{Case, Members, Model, Scalar};
use crate::aspnet::read::Unreadable;

/// The documents' bodies are two deep. Members that we ignore may be deeper, but not without end.
const DEEPEST: usize = 32;

/// Reads the root element of `model`. The encoding in an XML declaration is not looked at: the text is decoded
/// already, and .NET writes `utf-16` there in bodies that it sends as UTF-8.
pub(super) fn read(text: &str, model: &'static Model) -> Result<Members, Unreadable> {
    if !text.chars().all(is_xml_char) {
        return Err(Unreadable::Syntax);
    }
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut state = State::new(model);
    loop {
        let event = reader.read_event().map_err(|_| Unreadable::Syntax)?;
        match event {
            Event::Start(start) => {
                let namespace = state.namespace(&reader, &start);
                let nil = start.attributes().has_nil(reader.resolver());
                state.start(&start, namespace, nil)?;
            }
            Event::End(_) => state.end()?,
            Event::Text(text) => state.text(&text.xml10_content())?,
            Event::CData(text) if state.depth > 0 => state.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => state.reference(&reference)?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            // Empty elements come as a start and an end.
            Event::CData(_) | Event::Empty(_) => return Err(Unreadable::Syntax),
            Event::DocType(_) => return Err(Unreadable::Dtd),
            Event::Eof => return state.finish(),
        }
    }
}

struct State {
    model: &'static Model,
    members: Members,
    /// How many elements are open.
    depth: usize,
    /// The namespace of the root, once it was seen.
    root: Option<&'static str>,
    /// The member that is being read.
    member: Option<Member>,
}

struct Member {
    name: String,
    text: Zeroizing<String>,
    nil: bool,
    nested: bool,
}

impl State {
    fn new(model: &'static Model) -> Self {
        Self { model, members: Members::none(model, Case::Counts), depth: 0, root: None, member: None }
    }

    /// Which of the model's namespaces the element is in, if any.
    fn namespace(&self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<&'static str> {
        match reader.resolver().resolve_element(start.name()).0 {
            ResolveResult::Bound(bound) => {
                self.model.namespaces.iter().copied().find(|namespace| *namespace == bound.as_ref())
            }
            ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
        }
    }

    fn start(
        &mut self,
        start: &BytesStart<'_>,
        namespace: Option<&'static str>,
        nil: bool,
    ) -> Result<(), Unreadable> {
        if start.attributes().any(|attribute| attribute.is_err()) {
            return Err(Unreadable::Syntax);
        }
        let name = start.local_name();
        let name = name.as_ref();
        match self.depth {
            0 if self.root.is_some() || name != self.model.root => return Err(Unreadable::Syntax),
            0 => self.root = Some(namespace.ok_or(Unreadable::Syntax)?),
            1 if namespace == self.root => {
                let (name, text) = (name.to_owned(), Zeroizing::new(String::new()));
                self.member = Some(Member { name, text, nil, nested: false });
            }
            1 => {}
            DEEPEST.. => return Err(Unreadable::Depth),
            _ => {
                if let Some(member) = &mut self.member {
                    member.nested = true;
                }
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        self.depth = self.depth.checked_sub(1).ok_or(Unreadable::Syntax)?;
        if self.depth == 1
            && let Some(member) = self.member.take()
        {
            let value = match member {
                Member { nil: true, .. } => Scalar::Null,
                Member { nested: true, .. } => Scalar::Other,
                Member { text, .. } => Scalar::Text(SecretText::new(text.as_str().to_owned())),
            };
            self.members.put(&member.name, value)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        let blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        match &mut self.member {
            Some(member) => member.text.push_str(text),
            None if self.depth == 0 && !blank => return Err(Unreadable::Syntax),
            None => {}
        }
        Ok(())
    }

    /// A character by its number, or one of the five entities that need no definition.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Unreadable> {
        if self.depth == 0 {
            return Err(Unreadable::Syntax);
        }
        let number = reference.resolve_char_ref().map_err(|_| Unreadable::Syntax)?;
        match number {
            Some(c) if is_xml_char(c) => self.text(c.encode_utf8(&mut [0; 4])),
            Some(_) => Err(Unreadable::Syntax),
            None => {
                let text = resolve_predefined_entity(reference).ok_or(Unreadable::Syntax)?;
                self.text(text)
            }
        }
    }

    fn finish(self) -> Result<Members, Unreadable> {
        if self.depth == 0 && self.root.is_some() { Ok(self.members) } else { Err(Unreadable::Syntax) }
    }
}

/// `Char` of XML 1.0, section 2.2.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: Model = Model { root: "R", namespaces: &["urn:a", "urn:b"], names: &["x"] };

    fn x(body: &str) -> Result<Option<String>, Unreadable> {
        read(body, &MODEL).map(|mut members| members.text("x", 64).map(|text| text.expose().to_owned()))
    }

    #[test]
    fn reads_what_dot_net_writes() {
        let i = "http://www.w3.org/2001/XMLSchema-instance";
        let cases = [
            ("<R xmlns='urn:a'><x>1</x></R>".to_owned(), Some("1")),
            (
                "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<R xmlns='urn:b'> <x>1</x> </R>\n".to_owned(),
                Some("1"),
            ),
            ("<p:R xmlns:p='urn:a'><p:x>1</p:x></p:R>".to_owned(), Some("1")),
            ("<p:R xmlns:p='urn:a'><x>1</x></p:R>".to_owned(), None),
            ("<R xmlns='urn:a'><X>1</X><y><x>2</x></y></R>".to_owned(), None),
            ("<R xmlns='urn:a'><x>a&amp;&#x62;<!-- --><![CDATA[<]]></x></R>".to_owned(), Some("a&b<")),
            (format!("<R xmlns='urn:a' xmlns:i='{i}'><x i:nil='true'/></R>"), None),
            (format!("<R xmlns='urn:a' xmlns:n='{i}'><x n:nil='1'>z</x></R>"), None),
            ("<R xmlns='urn:a'/>".to_owned(), None),
        ];
        for (body, expected) in cases {
            assert_eq!(x(&body), Ok(expected.map(str::to_owned)), "{body}");
        }
    }

    #[test]
    fn refuses_what_is_hostile_or_broken() {
        let deep = format!("<R xmlns='urn:a'>{}{}</R>", "<y>".repeat(40), "</y>".repeat(40));
        let syntax = [
            "",
            " ",
            "x",
            "<R>",
            "<R/>",
            "<R xmlns='urn:c'/>",
            "<S xmlns='urn:a'/>",
            "<R xmlns='urn:a'>",
            "<R xmlns='urn:a'></R><R xmlns='urn:a'></R>",
            "<R xmlns='urn:a'/>x",
            "<R xmlns='urn:a'><x></y></R>",
            "<R xmlns='urn:a'><x>&undefined;</x></R>",
            "<R xmlns='urn:a'><x>&#0;</x></R>",
            "<R xmlns='urn:a'><x>&#x1;</x></R>",
            "<R xmlns='urn:a'><x>\0</x></R>",
            "<R xmlns='urn:a' a='1' a='2'/>",
            "<R xmlns='urn:a'><x a></x></R>",
            "<![CDATA[x]]><R xmlns='urn:a'/>",
            "&lt;<R xmlns='urn:a'/>",
            "</R>",
        ];
        for body in syntax {
            assert_eq!(x(body), Err(Unreadable::Syntax), "{body}");
        }
        let dtd = "<!DOCTYPE R [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><R xmlns='urn:a'><x>&e;</x></R>";
        assert_eq!(x(dtd), Err(Unreadable::Dtd));
        assert_eq!(x(&deep), Err(Unreadable::Depth));
        assert_eq!(x("<R xmlns='urn:a'><x>1</x><x>1</x></R>"), Err(Unreadable::Twice));
    }
}
