//! The real program from outside: its binary, its files, its sockets.

mod aspnet;
mod canary;
mod client;
mod crash;
mod guesses;
mod hostile;
mod legacy;
mod paste;
mod peers;
mod readme;
mod restart;
mod server;
mod story;
mod wire_currency_pass;
mod wire_currency_window;
mod wire_flowmeter;
mod wire_hawk;
mod wire_native_accounts;
mod wire_native_apps;
mod wire_native_codes;
mod wire_native_errors;
mod wire_oas;
mod wire_overloaded;
mod wire_spark_wallet;
mod wire_tour;
mod wire_tour_rules;
