//! Where a webhook may go: a server that calls whatever address it is given can be made to call its own network.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an operator lets webhooks call beyond the public internet, and on which ports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Ranges that may be called although they are not public, on any port, and also without TLS.
    pub allowed: Vec<Block>,
    /// The ports of everybody else.
    pub ports: Vec<u16>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { allowed: Vec::new(), ports: vec![443] }
    }
}

/// A range of addresses: its first address, and how many leading bits count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// An address in it.
    pub address: IpAddr,
    /// How many bits count.
    pub bits: u8,
}

impl Block {
    const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
    }

    const fn v6(a: u16, b: u16, c: u16, bits: u8) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)), bits }
    }

    /// Whether the address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = |difference: u128, width: u8| {
            difference.checked_shr(u32::from(width.saturating_sub(self.bits))).unwrap_or(0) != 0
        };
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => !differ(u128::from(own.to_bits() ^ other.to_bits()), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => !differ(own.to_bits() ^ other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// What is not public in `IPv4` (IANA's registry of special-purpose addresses), and one address of a cloud that answers its
/// guests with their credentials.
const SPECIAL_V4: [(Block, &str); 16] = [
    (Block::v4(0, 0, 0, 0, 8), "this network"),
    (Block::v4(10, 0, 0, 0, 8), "private"),
    (Block::v4(100, 64, 0, 0, 10), "a carrier's own"),
    (Block::v4(127, 0, 0, 0, 8), "loopback"),
    (Block::v4(168, 63, 129, 16, 32), "a cloud's metadata"),
    (Block::v4(169, 254, 0, 0, 16), "link-local"),
    (Block::v4(172, 16, 0, 0, 12), "private"),
    (Block::v4(192, 0, 0, 0, 24), "for protocols"),
    (Block::v4(192, 0, 2, 0, 24), "for documentation"),
    (Block::v4(192, 88, 99, 0, 24), "a relay to IPv6"),
    (Block::v4(192, 168, 0, 0, 16), "private"),
    (Block::v4(198, 18, 0, 0, 15), "for measurements"),
    (Block::v4(198, 51, 100, 0, 24), "for documentation"),
    (Block::v4(203, 0, 113, 0, 24), "for documentation"),
    (Block::v4(224, 0, 0, 0, 4), "multicast"),
    (Block::v4(240, 0, 0, 0, 4), "reserved"),
];

/// What is public in `IPv6`. Everything outside of it is not, among it the forms in which an `IPv4` address is written in `IPv6`.
const GLOBAL_V6: Block = Block::v6(0x2000, 0, 0, 3);

/// What is not public within it.
const SPECIAL_V6: [(Block, &str); 5] = [
    (Block::v6(0x2001, 0, 0, 23), "for protocols, among them tunnels"),
    (Block::v6(0x2001, 0x0db8, 0, 32), "for documentation"),
    (Block::v6(0x2002, 0, 0, 16), "a tunnel to IPv4"),
    (Block::v6(0x3fff, 0, 0, 20), "for documentation"),
    (Block::v6(0x3ffe, 0, 0, 16), "given back"),
];

/// Why an address is not public; `None` if it is.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static str> {
    let among = |blocks: &[(Block, &'static str)]| {
        blocks.iter().find(|(block, _)| block.contains(address)).map(|(_, why)| *why)
    };
    match address {
        IpAddr::V4(_) => among(&SPECIAL_V4),
        IpAddr::V6(v6) if !GLOBAL_V6.contains(address) => {
            Some(match v6.to_ipv4_mapped().and_then(|v4| special(IpAddr::V4(v4))) {
                Some(why) => why,
                None => "not a public address of IPv6",
            })
        }
        IpAddr::V6(_) => among(&SPECIAL_V6),
    }
}

/// Where a URL leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Whether over TLS.
    pub tls: bool,
    /// Name or address, an address of `IPv6` without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, as sent.
    pub resource: String,
}

/// Why a webhook may not go somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denied {
    /// It is not a URL that can be called: `https://host[:port][/path][?query]`.
    NotAUrl,
    /// It is not encrypted, and does not stay in a range that is allowed.
    NotEncrypted,
    /// The port is not one of those that may be called.
    Port,
    /// The address is not public; what it is.
    Address(&'static str),
}

/// The longest URL, in bytes.
pub const URL_MAX: usize = 2048;

impl Target {
    /// Reads a URL. Strictly: what two readers could read differently is refused.
    ///
    /// # Errors
    /// [`Denied::NotAUrl`].
    pub fn parse(url: &str) -> Result<Self, Denied> {
        let printable = url.len() <= URL_MAX && url.bytes().all(|c| c.is_ascii_graphic());
        if !printable || url.contains(['\\', '#', '"', '<', '>', '^', '`', '{', '|', '}']) {
            return Err(Denied::NotAUrl);
        }
        let (tls, rest) = url
            .strip_prefix("https://")
            .map(|rest| (true, rest))
            .or_else(|| url.strip_prefix("http://").map(|rest| (false, rest)))
            .ok_or(Denied::NotAUrl)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at(end);
        let (host, port) = host_and_port(authority, if tls { 443 } else { 80 }).ok_or(Denied::NotAUrl)?;
        let resource = if resource.starts_with('/') { resource.to_owned() } else { format!("/{resource}") };
        Ok(Self { tls, host, port, resource })
    }

    /// The address that the host is, where it is no name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// Nobody is named and no password given (`user@`), and a name is one.
fn host_and_port(authority: &str, usual: u16) -> Option<(String, u16)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return Some((address.to_string(), port_of(port, usual)?));
    }
    let (host, port) = authority.find(':').map_or((authority, ""), |at| authority.split_at(at));
    let port = port_of(port, usual)?;
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some((address.to_string(), port));
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
    };
    // Some resolvers read `127.1`, `0x7f000001` and `2130706433` as addresses.
    let last = host.rsplit('.').next()?;
    let number = last.starts_with(|c: char| c.is_ascii_digit());
    (host.len() <= 253 && host.split('.').all(label) && !number).then_some((host, port))
}

fn port_of(text: &str, usual: u16) -> Option<u16> {
    if text.is_empty() {
        return Some(usual);
    }
    let digits = text.strip_prefix(':')?;
    let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|port| plain && *port > 0)
}

impl Rules {
    /// Whether that address may be called for that target: asked of the very address that is then connected to.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, target: &Target, address: IpAddr) -> Result<(), Denied> {
        if self.allows(address) {
            return Ok(());
        }
        if let Some(why) = special(address) {
            return Err(Denied::Address(why));
        }
        if !target.tls {
            return Err(Denied::NotEncrypted);
        }
        if self.ports.contains(&target.port) { Ok(()) } else { Err(Denied::Port) }
    }

    /// Whether a URL may be stored at all. A name is not looked up: it may lead elsewhere by the time it is called.
    ///
    /// # Errors
    /// Why not.
    pub fn admit_url(&self, url: &str) -> Result<Target, Denied> {
        let target = Target::parse(url)?;
        match target.address() {
            Some(address) => self.admit(&target, address)?,
            // A name may lead to a range that is allowed.
            None if !self.allowed.is_empty() => {}
            None if !target.tls => return Err(Denied::NotEncrypted),
            None if !self.ports.contains(&target.port) => return Err(Denied::Port),
            None => {}
        }
        Ok(target)
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|block| block.contains(address))
    }
}
