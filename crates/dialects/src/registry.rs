//! Finds the dialect and the endpoint of a request.

use std::borrow::Cow;
use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::dialect::{Dialect, Endpoint};

/// The dialects that a server speaks. A sixth one is one more entry here.
pub struct Registry {
    dialects: Vec<Box<dyn Dialect>>,
    /// Of every path that an endpoint has without a `{name}`: who listens there, so that nobody else is asked.
    plain: HashMap<&'static str, Vec<Listener>>,
    /// Every endpoint's path in its segments, by their number, in the order in which they are asked.
    by_length: Vec<Vec<(Place, Vec<&'static str>)>>,
}

/// Who listens to a path, and what stands for each `{name}` of theirs.
type Listener = (Place, Vec<String>);

/// The dialect's place and the endpoint's place in it.
type Place = (usize, usize);

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
        let mut registry = Self { dialects, plain: HashMap::new(), by_length: Vec::new() };
        for place in registry.places().collect::<Vec<_>>() {
            let segments: Vec<_> = registry.endpoint(place).path.split('/').collect();
            if registry.by_length.len() <= segments.len() {
                registry.by_length.resize(segments.len() + 1, Vec::new());
            }
            registry.by_length[segments.len()].push((place, segments));
        }
        let paths: Vec<&'static str> = registry
            .iter()
            .flat_map(|dialect| dialect.endpoints().iter().map(|endpoint| endpoint.path))
            .filter(|path| !path.contains('{'))
            .collect();
        for path in paths {
            let listeners = registry.listeners(&undecoded(path)).collect();
            registry.plain.insert(path, listeners);
        }
        registry
    }

    /// The dialects, in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Dialect> {
        self.dialects.iter().map(AsRef::as_ref)
    }

    /// Finds who listens to a method and path. Literal segments win over `{name}` by coming first in the dialect.
    #[must_use]
    pub fn route(&self, method: &Method, path: &str) -> Route<'_> {
        if let Some(listeners) = self.plain.get(path) {
            return self.first(method, listeners.iter().cloned());
        }
        if !path.contains('%') {
            return self.first(method, self.listeners(&undecoded(path)));
        }
        // A segment that is not UTF-8 is no endpoint's.
        let decoded = path.split('/').map(|segment| percent_decode_str(segment).decode_utf8());
        match decoded.collect::<Result<Vec<_>, _>>() {
            Ok(segments) => self.first(method, self.listeners(&segments)),
            Err(_) => Route::Nowhere,
        }
    }

    /// Everybody who listens to the path of these segments, whatever the method.
    fn listeners<'a>(&'a self, segments: &'a [Cow<'_, str>]) -> impl Iterator<Item = Listener> + 'a {
        let places = self.by_length.get(segments.len()).into_iter().flatten();
        places.filter_map(|(place, expected)| {
            let any_case = self.endpoint(*place).any_case;
            Some((*place, matches(expected, any_case, segments)?))
        })
    }

    /// The first of these that listens to the method.
    fn first(&self, method: &Method, listeners: impl Iterator<Item = Listener>) -> Route<'_> {
        let mut others: Option<(&dyn Dialect, usize, Vec<String>)> = None;
        for (place, params) in listeners {
            let endpoint = self.endpoint(place);
            let (dialect, place) = (self.dialects[place.0].as_ref(), place.1);
            if endpoint.method == *method {
                return Route::Found { dialect, endpoint: place, params };
            }
            let (_, _, allowed) = others.get_or_insert_with(|| (dialect, place, Vec::new()));
            allowed.push(endpoint.method.to_string());
        }
        match others {
            Some((dialect, endpoint, allowed)) => Route::OtherMethods { dialect, endpoint, allowed },
            None => Route::Nowhere,
        }
    }

    /// Every endpoint of every dialect, in the order in which they are asked.
    fn places(&self) -> impl Iterator<Item = Place> {
        let each = self.dialects.iter().enumerate();
        each.flat_map(|(place, dialect)| {
            (0..dialect.endpoints().len()).map(move |endpoint| (place, endpoint))
        })
    }

    fn endpoint(&self, (dialect, endpoint): Place) -> &Endpoint {
        &self.dialects[dialect].endpoints()[endpoint]
    }
}

/// The segments of a path in which nothing is percent-encoded.
fn undecoded(path: &str) -> Vec<Cow<'_, str>> {
    path.split('/').map(Cow::Borrowed).collect()
}

/// What stands for each `{name}` if these segments, as many as are expected, are the endpoint's path.
fn matches(expected: &[&str], any_case: bool, segments: &[Cow<'_, str>]) -> Option<Vec<String>> {
    let mut params = Vec::new();
    for (&expected, segment) in expected.iter().zip(segments) {
        if expected.starts_with('{') && expected.ends_with('}') {
            if segment.is_empty() {
                return None;
            }
            params.push(segment.clone().into_owned());
        } else if !(segment == expected || any_case && segment.eq_ignore_ascii_case(expected)) {
            return None;
        }
    }
    Some(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency_pass::CurrencyPass;
    use crate::flowmeter::Flowmeter;
    use crate::native::Native;

    /// What a route comes to, as one text.
    fn told(registry: &Registry, method: &Method, path: &str) -> String {
        match registry.route(method, path) {
            Route::Found { dialect, endpoint, params } => format!("{} {endpoint} {params:?}", dialect.name()),
            Route::OtherMethods { dialect, endpoint, allowed } => {
                format!("{} {endpoint} only {allowed:?}", dialect.name())
            }
            Route::Nowhere => "nowhere".to_owned(),
        }
    }

    #[test]
    fn a_path_is_the_same_one_however_it_is_written() {
        let registry = Registry::new(vec![
            Box::new(Native::new(crate::native::Settings::default(), true)),
            Box::new(CurrencyPass::new(crate::currency_pass::Settings::default())),
            Box::new(Flowmeter::new(crate::flowmeter::Settings::default())),
        ]);
        let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let paths: Vec<&str> = registry.places().map(|place| registry.endpoint(place).path).collect();
        assert!(registry.plain.len() > 10, "paths that are known as they are");
        for path in paths {
            // One letter is percent-encoded: that path is looked for among all endpoints.
            let last = path.len() - 1;
            let encoded = format!("{}%{:02X}", &path[..last], path.as_bytes()[last]);
            assert!(!registry.plain.contains_key(encoded.as_str()));
            for method in &methods {
                assert_eq!(
                    told(&registry, method, path),
                    told(&registry, method, &encoded),
                    "{method} {path}"
                );
            }
        }
        let rates = "/auth/user/bind/currency-pass/settings";
        assert_eq!(told(&registry, &Method::GET, &format!("{rates}/2")), "currency_pass 4 [\"2\"]");
        assert_eq!(told(&registry, &Method::GET, &format!("{rates}/status")), "currency_pass 3 []");
        assert_eq!(told(&registry, &Method::POST, "/API/agent/Ent/password/resetpwd"), "flowmeter 0 []");
    }
}
