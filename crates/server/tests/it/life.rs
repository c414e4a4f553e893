//! Start and shutdown of a service.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aios_memory::AgentMemory;
use aios_memory_server::{
    CommandAnswer, CommandLine, Config, Error, Listener, NewToken, Presence, Server, Tokens,
    run_by_service, socket_of,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{PATIENCE, Request, Service, answer};

async fn memory(dir: &std::path::Path) -> AgentMemory {
    let mut settings = aios_memory::Config::at(dir);
    settings.embedding.model = "static".to_owned();
    AgentMemory::open(settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_were_accepted_are_finished_at_the_end() {
    let mut service = Service::start_with(|config| config.calls_max = 4).await;
    let first = "The first cup has a crack.".to_owned();
    let request = Request::post("/api/v1/remember", json!({"items": [{"text": first}]}));
    assert_eq!(service.send(&request).await.status, 200);
    let mut clients = Vec::new();
    for index in 0..32 {
        let address = service.address;
        clients.push(tokio::spawn(async move {
            let text = format!("The cup number {index} has a crack.");
            let request = Request::post("/api/v1/remember", json!({"items": [{"text": text}]}));
            let Ok(stream) = TcpStream::connect(address).await else { return None };
            let answer = crate::support::exchange(stream, &request).await;
            (answer.status == 200).then_some(text)
        }));
        if index == 16 {
            service.ask_to_end();
        }
    }
    let mut acknowledged = vec![first];
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }
    let dir = service.ended().await;
    let memory = memory(&dir.path().join("memory")).await;
    let mut stored = Vec::new();
    let mut after = None;
    loop {
        let page = memory.list(aios_memory::Kind::Note, after.as_deref(), 100).await.unwrap();
        stored.extend(page.records.iter().map(|it| it.text.clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for text in &acknowledged {
        assert_eq!(stored.iter().filter(|known| *known == text).count(), 1, "{text}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_ends_takes_no_more_calls_and_closes_idle_connections() {
    let mut service = Service::start().await;
    let mut idle = TcpStream::connect(service.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut byte = [0];
    idle.read_exact(&mut byte).await.unwrap();
    let silent = TcpStream::connect(service.address).await.unwrap();
    let address = service.address;
    service.ask_to_end();
    // The rest of the answer, and then the end of the connection.
    answer(idle).await;
    assert_eq!(answer(silent).await.status, 0);
    service.ended().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_private_and_a_stale_one_is_replaced() {
    let service = Service::start().await;
    let mode = fs::metadata(&service.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let error = Listener::bind_unix(&service.socket).await.unwrap_err();
    let own = std::process::id();
    assert!(matches!(error, Error::Served { pid, .. } if pid == own), "{error}");
    let socket = service.socket.clone();
    let dir = service.stop().await;
    assert!(!socket.exists(), "an ended service removes its socket");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists(), "a killed service leaves it");
    Listener::bind_unix(&socket).await.unwrap();
    let precious = dir.path().join("precious");
    fs::write(&precious, "text").unwrap();
    assert!(matches!(Listener::bind_unix(&precious).await, Err(Error::Socket { .. })));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "text");
    let long = dir.path().join("x".repeat(120));
    assert!(matches!(Listener::bind_unix(long).await, Err(Error::SocketPath { .. })));
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(Listener::bind_unix(open.join("s")).await, Err(Error::Foreign { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_service() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Presence::find(dir.path()), None);
    let mut first = Presence::claim(dir.path()).unwrap();
    let listener = Listener::bind_unix(socket_of(dir.path())).await.unwrap();
    first.note(&listener).unwrap();
    assert_eq!(Presence::find(dir.path()), Some(socket_of(dir.path())));
    let error = Presence::claim(dir.path()).unwrap_err();
    let place = socket_of(dir.path()).display().to_string();
    assert!(error.to_string().contains(&place), "{error}");
    drop(first);
    assert_eq!(Presence::find(dir.path()), None);
    Presence::claim(dir.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_with_a_long_path_has_one_service_however_it_is_spelled() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("x".repeat(120));
    fs::create_dir(&long).unwrap();
    let spellings = [long.clone(), long.join(""), long.join("."), dir.path().join("link")];
    std::os::unix::fs::symlink(&long, &spellings[3]).unwrap();
    let _first = Presence::claim(&long).unwrap();
    for spelling in spellings {
        let error = Presence::claim(&spelling).unwrap_err();
        assert!(matches!(error, Error::Served { .. }), "{}: {error}", spelling.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_look_for_a_service_do_not_keep_one_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    drop(Presence::claim(dir.path()).unwrap());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(Presence::find(dir.path()), None);
                std::thread::yield_now();
            }
        });
        let claimed: Vec<bool> = (0..200).map(|_| Presence::claim(dir.path()).is_ok()).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(claimed.iter().all(|it| *it), "{claimed:?}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_watches_the_health_does_not_hold_up_the_end() {
    let mut service =
        Service::start_with(|config| config.drain_timeout = Duration::from_secs(3_600)).await;
    let mut watching = Vec::new();
    // The request to the second one has no end, as of a client that may ask again.
    for (path, message, end) in [
        ("/grpc.health.v1.Health/Watch", "\0\0\0\0\0", "0\r\n\r\n"),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "\0\0\0\0\u{2}:\0", ""),
    ] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/grpc\r\n\
             transfer-encoding: chunked\r\n\r\n{:x}\r\n{message}\r\n{end}",
            message.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut begin = [0; 64];
        tokio::time::timeout(PATIENCE, stream.read_exact(&mut begin)).await.unwrap().unwrap();
        assert!(begin.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&begin));
        watching.push(stream);
    }
    service.ask_to_end();
    service.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_callers_ends_by_itself() {
    let service =
        Service::start_with(|config| config.idle_exit = Some(Duration::from_millis(300))).await;
    assert_eq!(service.send(&Request::get("/healthz")).await.status, 200);
    tokio::time::timeout(PATIENCE, service.ended()).await.expect("it ends without being asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_commands_do_not_keep_a_service_running() {
    let service =
        Service::start_with(|config| config.idle_exit = Some(Duration::from_millis(300))).await;
    let socket = service.socket.clone();
    let line = CommandLine::new(vec!["aios-memory".to_owned()], "another version".to_owned());
    let declined = async {
        let mut declined = 0;
        while run_by_service(&socket, &line).await == CommandAnswer::Declined {
            declined += 1;
        }
        declined
    };
    let declined = tokio::time::timeout(PATIENCE, declined).await.expect("it ends meanwhile");
    assert!(0 < declined);
    service.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_need_tokens_and_encryption() {
    let dir = tempfile::tempdir().unwrap();
    let memory = memory(&dir.path().join("memory")).await;
    let prepared = async |config: &Config| {
        let listener = Listener::bind("0.0.0.0:0".parse().unwrap()).await.unwrap();
        Server::new(memory.clone(), config.clone()).prepare(listener).await.map(drop)
    };
    let config = Config::of(memory.config());
    assert!(matches!(prepared(&config).await, Err(Error::NoTokens { .. })));
    let tokens = Tokens::open(aios_memory_server::tokens_file(memory.config())).unwrap();
    tokens.add(NewToken::new("a"), aios_memory::Timestamp::now()).unwrap();
    assert!(matches!(prepared(&config).await, Err(Error::NoTls { .. })));
    prepared(&config.behind_proxy()).await.unwrap();
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_loopback_needs_a_token_too() {
    let dir = tempfile::tempdir().unwrap();
    let settings = {
        let mut settings = aios_memory::Config::at(dir.path().join("memory"));
        settings.embedding.model = "static".to_owned();
        settings
    };
    let memory = AgentMemory::open(settings.clone()).await.unwrap();
    let tokens = Tokens::open(aios_memory_server::tokens_file(&settings)).unwrap();
    let mut new = NewToken::new("a");
    new.rights = aios_memory_server::Right::ALL.into();
    let secret = tokens.add(new, aios_memory::Timestamp::now()).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = Server::new(memory.clone(), Config::of(&settings).behind_proxy());
    let running = tokio::spawn(server.serve(listener, async {
        let _ = stopped.await;
    }));
    let stats = Request::get("/api/v1/stats");
    let send = async |request: &Request<'_>| {
        crate::support::exchange(TcpStream::connect(address).await.unwrap(), request).await
    };
    assert_eq!(send(&stats).await.status, 401);
    assert_eq!(send(&stats.clone().bearer(&secret)).await.status, 200);
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    memory.shutdown().await.unwrap();
}
