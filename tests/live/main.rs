//! The live reader against a real server.

#[path = "../cluster/mod.rs"]
mod cluster;
mod ddl;
mod model;
mod refusal;
mod server;
mod table;
mod transaction;

use align::schema::{Ident, QualifiedName, Schema};
use align::source::LoadError;
use align::source::postgres::{self, ConnectOptions};

/// Reads namespaces by a URL, with an environment of nothing.
fn try_read(url: &str, namespaces: &[&str]) -> Result<Schema, LoadError> {
    let options = ConnectOptions::from_url(url, &|_| None)?;
    let namespaces: Vec<Ident> = namespaces.iter().map(|name| ident(name)).collect();
    runtime().block_on(postgres::read(&options, &namespaces))
}

fn read(url: &str, namespaces: &[&str]) -> Schema {
    try_read(url, namespaces).unwrap_or_else(|error| panic!("{error} ({:?})", error.hint()))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn ident(name: &str) -> Ident {
    Ident::new(name).expect("a name")
}

fn public(name: &str) -> QualifiedName {
    QualifiedName::new(ident("public"), ident(name))
}
