//! A pooler between: one that lends a server for a transaction is refused, one that keeps it is not.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex};

use crate::Shop;

/// Which of the free servers is lent next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Newest,
    Oldest,
}

/// A pooler with few servers of one database, which speaks as much of the protocol as it has to.
struct Pooler {
    free: Mutex<VecDeque<UnixStream>>,
    returned: Condvar,
    order: Order,
    /// Whether a server goes back after each transaction, or when the client is gone.
    by_transaction: bool,
    /// What the server has said of its settings, for every client.
    greeting: Vec<u8>,
}

impl Pooler {
    /// Starts one, and gives the URL of its database.
    fn start(shop: &Shop, servers: usize, order: Order, by_transaction: bool) -> String {
        let (mut free, mut greeting) = (VecDeque::new(), Vec::new());
        for _ in 0..servers {
            let (server, said) = log_in(shop);
            free.push_back(server);
            greeting = said;
        }
        let pooler = Arc::new(Self {
            free: Mutex::new(free),
            returned: Condvar::new(),
            order,
            by_transaction,
            greeting,
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (pooler, client) = (Arc::clone(&pooler), client.unwrap());
                // A client that is gone ends its thread, and nothing else.
                std::thread::spawn(move || pooler.serve(client).is_ok());
            }
        });
        format!(
            "postgresql://postgres@127.0.0.1:{port}/{}?sslmode=disable",
            shop.db.name
        )
    }

    fn lend(&self) -> UnixStream {
        let mut free = self.free.lock().unwrap();
        loop {
            let lent = match self.order {
                Order::Newest => free.pop_back(),
                Order::Oldest => free.pop_front(),
            };
            match lent {
                Some(server) => return server,
                None => free = self.returned.wait(free).unwrap(),
            }
        }
    }

    fn take_back(&self, server: UnixStream) {
        self.free.lock().unwrap().push_back(server);
        self.returned.notify_one();
    }

    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        // The first message has no type.
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut startup = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
        client.read_exact(&mut startup)?;
        client.write_all(&self.greeting)?;
        let mut kept = None;
        let mut batch = Vec::new();
        loop {
            let message = match message(&mut client) {
                Ok(message) if message[0] != b'X' => message,
                Ok(_) | Err(_) => {
                    if let Some(server) = kept.take() {
                        self.take_back(server);
                    }
                    return Ok(());
                }
            };
            let ends = matches!(message[0], b'Q' | b'S');
            batch.extend(message);
            if !ends {
                continue;
            }
            let mut server = kept.take().unwrap_or_else(|| self.lend());
            server.write_all(&std::mem::take(&mut batch))?;
            let idle = loop {
                let answer = self::message(&mut server)?;
                client.write_all(&answer)?;
                if answer[0] == b'Z' {
                    break answer[5] == b'I';
                }
            };
            if idle && self.by_transaction {
                self.take_back(server);
            } else {
                kept = Some(server);
            }
        }
    }
}

/// A message with its type and its length.
fn message(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; 5];
    stream.read_exact(&mut message)?;
    let length = u32::from_be_bytes([message[1], message[2], message[3], message[4]]);
    message.resize(1 + usize::try_from(length).unwrap(), 0);
    stream.read_exact(&mut message[5..])?;
    Ok(message)
}

/// A session of the server, and everything it said up to its first `ReadyForQuery`.
fn log_in(shop: &Shop) -> (UnixStream, Vec<u8>) {
    let cluster = shop.db.cluster;
    let socket = cluster
        .socket()
        .join(format!(".s.PGSQL.{}", cluster.port()));
    let mut server = UnixStream::connect(socket).unwrap();
    let body = format!("\0\x03\0\0user\0postgres\0database\0{}\0\0", shop.db.name);
    let length = u32::try_from(body.len() + 4).unwrap();
    server.write_all(&length.to_be_bytes()).unwrap();
    server.write_all(body.as_bytes()).unwrap();
    let mut said = Vec::new();
    loop {
        let answer = message(&mut server).unwrap();
        said.extend(&answer);
        if answer[0] == b'Z' {
            return (server, said);
        }
    }
}

#[test]
fn one_that_lends_a_server_for_a_transaction_is_refused() {
    let shop = Shop::new("pooled");
    let before = shop.everything();
    for (servers, order) in [
        (1, Order::Newest),
        (2, Order::Newest),
        (2, Order::Oldest),
        (3, Order::Oldest),
        (5, Order::Oldest),
        (5, Order::Newest),
    ] {
        let url = Pooler::start(&shop, servers, order, true);
        shop.migrate(&["--database", &url]).ends_with(3).says(&[
            "goes through a pooler that shares sessions",
            "the pooler's port for sessions",
        ]);
        assert_eq!(shop.everything(), before, "{servers} {order:?}");
    }
    for (servers, order) in [(1, Order::Newest), (3, Order::Oldest)] {
        let url = Pooler::start(&shop, servers, order, true);
        let status = shop.align(&["status", "--database", &url]).ends_with(0);
        for words in [
            "cannot be migrated: the connection goes through a pooler",
            "one  0 applied, 3 pending",
        ] {
            assert!(status.stdout.contains(words), "{}", status.stdout);
        }
        shop.align(&["migrate", "--dry-run", "--database", &url])
            .ends_with(0);
    }
    assert_eq!(shop.everything(), before);
}

#[test]
fn one_that_keeps_it_for_a_session_is_none_of_our_concern() {
    let shop = Shop::new("sessions");
    let url = Pooler::start(&shop, 4, Order::Oldest, false);
    shop.migrate(&["--database", &url]).ends_with(0);
}
