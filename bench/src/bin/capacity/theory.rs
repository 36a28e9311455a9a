//! What is known of queues without simulating them. Times are in units of the caller's; rates are in one over that.

/// Mean wait where requests come independently, each takes as long, and one is served at a time (Pollaczek and Khinchine).
#[cfg(test)]
pub(crate) fn md1_wait(rate: f64, service: f64) -> f64 {
    let load = rate * service;
    load * service / (2.0 * (1.0 - load))
}

/// Mean wait where service times are exponential and `servers` work at once (Erlang's C).
pub(crate) fn mmc_wait(servers: u32, rate: f64, service: f64) -> f64 {
    let offered = rate * service;
    erlang_c(servers, offered) * service / (f64::from(servers) - offered)
}

/// Mean wait where each takes as long and `servers` work at once, after Cosmetatos (1975): within about two parts of a
/// hundred.
pub(crate) fn mdc_wait(servers: u32, rate: f64, service: f64) -> f64 {
    let (c, load) = (f64::from(servers), rate * service / f64::from(servers));
    let correction = 1.0 + (1.0 - load) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * load * c);
    mmc_wait(servers, rate, service) / 2.0 * correction
}

/// The chance to have to wait.
fn erlang_c(servers: u32, offered: f64) -> f64 {
    let blocked =
        (1..=servers).fold(1.0, |blocked, n| offered * blocked / (f64::from(n) + offered * blocked));
    let load = offered / f64::from(servers);
    blocked / (1.0 - load * (1.0 - blocked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_queues_are_as_in_the_books() {
        // One server: the chance to wait is the load.
        assert!((erlang_c(1, 0.6) - 0.6).abs() < 1e-12);
        // Two servers at an offered load of 1: one in three waits.
        assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
        assert!((mmc_wait(1, 0.5, 1.0) - 1.0).abs() < 1e-12);
        assert!((md1_wait(0.5, 1.0) - 0.5).abs() < 1e-12);
        assert!((mdc_wait(1, 0.5, 1.0) - md1_wait(0.5, 1.0)).abs() < 1e-12);
        // Even service halves the wait, and a little less where several work at once.
        assert!((0.5..0.6).contains(&(mdc_wait(4, 2.8, 1.0) / mmc_wait(4, 2.8, 1.0))));
    }
}
