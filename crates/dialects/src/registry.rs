//! Finds the dialect and the endpoint of a request.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::dialect::{Dialect, Endpoint};

/// The dialects that a server speaks. A sixth one is one more entry here.
pub struct Registry {
    dialects: Vec<Box<dyn Dialect>>,
}

/// What was found for a method and path.
pub enum Route<'a> {
    /// An endpoint: its dialect, its place in it, and what stands for each `{name}`.
    Found {
        /// The dialect.
        dialect: &'a dyn Dialect,
        /// The place in its endpoints.
        endpoint: usize,
        /// What stands for each `{name}`, percent-decoded.
        params: Vec<String>,
    },
    /// The path is known under other methods.
    OtherMethods {
        /// The dialect.
        dialect: &'a dyn Dialect,
        /// One endpoint of that path, to answer in its form.
        endpoint: usize,
        /// The methods, in the dialect's order.
        allowed: Vec<String>,
    },
    /// Nobody listens there.
    Nowhere,
}

impl Registry {
    /// Takes the dialects in the order in which they are asked.
    #[must_use]
    pub fn new(dialects: Vec<Box<dyn Dialect>>) -> Self {
        Self { dialects }
    }

    /// The dialects, in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Dialect> {
        self.dialects.iter().map(AsRef::as_ref)
    }

    /// Finds who listens to a method and path. Literal segments win over `{name}` by coming first in the dialect.
    #[must_use]
    pub fn route(&self, method: &Method, path: &str) -> Route<'_> {
        // A segment that is not UTF-8 is no endpoint's.
        let decoded = path.split('/').map(|segment| percent_decode_str(segment).decode_utf8());
        let Ok(segments) = decoded.collect::<Result<Vec<_>, _>>() else { return Route::Nowhere };
        let mut others: Option<(&dyn Dialect, usize, Vec<String>)> = None;
        for dialect in self.iter() {
            for (place, endpoint) in dialect.endpoints().iter().enumerate() {
                let Some(params) = matches(endpoint, &segments) else { continue };
                if endpoint.method == *method {
                    return Route::Found { dialect, endpoint: place, params };
                }
                let (_, _, allowed) = others.get_or_insert_with(|| (dialect, place, Vec::new()));
                allowed.push(endpoint.method.to_string());
            }
        }
        match others {
            Some((dialect, endpoint, allowed)) => Route::OtherMethods { dialect, endpoint, allowed },
            None => Route::Nowhere,
        }
    }
}

/// What stands for each `{name}` if these segments are the endpoint's path.
fn matches(endpoint: &Endpoint, segments: &[Cow<'_, str>]) -> Option<Vec<String>> {
    let mut params = Vec::new();
    let mut given = segments.iter();
    for expected in endpoint.path.split('/') {
        let segment = given.next()?;
        if expected.starts_with('{') && expected.ends_with('}') {
            if segment.is_empty() {
                return None;
            }
            params.push(segment.clone().into_owned());
        } else if !(segment == expected || endpoint.any_case && segment.eq_ignore_ascii_case(expected)) {
            return None;
        }
    }
    given.next().is_none().then_some(params)
}
