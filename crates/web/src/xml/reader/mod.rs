//! Bodies of the XML gateway, read with limits.
//!
//! Elements, attributes and text, nothing else: no document types and so no entities but the five that XML has,
//! no namespaces (a prefix is part of a name), and nothing is ever fetched.
//! Comments and processing instructions are skipped.
//! Nothing here recurses, the time is linear to the body, and what is kept beside the body is never larger than it.
//! What elements mean is not known here.

mod attributes;
pub(crate) mod characters;
mod chunks;
mod document;
mod encoding;
mod fault;
mod limits;
mod walk;

#[cfg(test)]
mod tests;

pub use document::{Document, Duplicate, NodeRef};
pub use fault::{Fault, Position, ReadError};
pub use limits::Limits;

/// Reads a body; `charset` is what the request's content type says of it.
pub fn read(body: Vec<u8>, charset: Option<&str>, limits: &Limits) -> Result<Document, ReadError> {
    let refused = |what, at| ReadError {
        what,
        position: Position::of(&body, at),
        bytes_read: at,
    };
    // Places in the body are numbers of 32 bits.
    let longest = limits.body.min(u32::MAX as usize / 2);
    if body.len() > longest {
        return Err(refused(Fault::BodyTooLong(longest), 0));
    }
    encoding::check(&body, charset).map_err(|what| refused(what, 0))?;
    let found = walk::Walk::new(&body, limits).run()?;
    match String::from_utf8(body) {
        Ok(body) => Ok(found.with(body)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(ReadError {
                what: Fault::NotUtf8,
                position: Position::of(error.as_bytes(), at),
                bytes_read: at,
            })
        }
    }
}
