//! Guesses at once, as many as one likes, over every door that is given.

use std::sync::Barrier;
use std::thread;

use crate::server::Server;
use crate::story::Person;

use super::doors::{Door, Told};

/// What is stormed.
#[derive(Clone, Copy)]
pub(super) struct Storm<'a> {
    /// Whose secret. The guesses go round among them; two of them may be one account behind two processes.
    pub(super) people: &'a [&'a Person<'a>],
    /// Through which doors. The guesses go round among them too.
    pub(super) doors: &'a [Door],
    /// How many guesses.
    pub(super) size: usize,
}

/// A right guess that is made only once the budget was compared away.
pub(super) struct Late<'a> {
    /// Its place among the guesses, from 1.
    pub(super) at: usize,
    pub(super) secret: &'a str,
    /// Whether the budget was compared away.
    pub(super) spent: &'a (dyn Fn() -> bool + Sync),
}

impl Storm<'_> {
    /// Makes all guesses at once. Gives what each person was told.
    pub(super) fn rage(&self, secret: impl Fn(usize) -> String + Sync) -> Vec<Vec<Told>> {
        let start = Barrier::new(self.size);
        let guess = |n: usize| {
            start.wait();
            self.guess(n, &secret(n))
        };
        thread::scope(|scope| {
            let all: Vec<_> = (0..self.size).map(|n| scope.spawn(move || guess(n))).collect();
            let mut told = vec![Vec::new(); self.people.len()];
            for (n, one) in all.into_iter().enumerate() {
                told[n % self.people.len()].push(one.join().expect("an answer"));
            }
            told
        })
    }

    /// Makes wrong guesses at once, and among them a right one. Gives what that one was told, and the others.
    pub(super) fn rage_around(&self, late: &Late<'_>) -> (Told, Vec<Told>) {
        let (start, spent) = (Barrier::new(self.size - 1), Barrier::new(2));
        let wrong = |n: usize| {
            start.wait();
            self.guess(n, &format!("wrong-guess-{n}"))
        };
        let right = || {
            spent.wait();
            self.guess(late.at, late.secret)
        };
        thread::scope(|scope| {
            let mut guesses = Vec::with_capacity(self.size);
            let mut presented = None;
            for n in 1..=self.size {
                if n == late.at {
                    presented = Some(scope.spawn(right));
                } else {
                    guesses.push(scope.spawn(move || wrong(n)));
                }
            }
            while !(late.spent)() {
                thread::yield_now();
            }
            spent.wait();
            let told = guesses.into_iter().map(|guess| guess.join().expect("an answer")).collect();
            (presented.expect("one is right").join().expect("an answer"), told)
        })
    }

    fn guess(&self, n: usize, secret: &str) -> Told {
        let (round, person) = (n / self.people.len(), self.people[n % self.people.len()]);
        (self.doors[round % self.doors.len()].guess)(person, secret)
    }
}

/// How many were told `right` and how many `wrong`.
pub(super) fn counts(told: &[Told]) -> [u64; 2] {
    [Told::Right, Told::Wrong].map(|wanted| told.iter().map(|&told| u64::from(told == wanted)).sum())
}

/// Comparisons of real secrets of a kind, in all these processes together.
pub(super) fn comparisons(servers: &[&Server], kind: &str) -> u64 {
    servers.iter().map(|server| server.comparisons(kind)).sum()
}
