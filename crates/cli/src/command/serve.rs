//! `serve`: the service over one data directory, until a signal ends it.

mod systemd;

use std::{io, net::SocketAddr, path::Path};

use aios_memory::{Access, AgentMemory, Config};
use aios_memory_server::{Listener, Presence, Server, Telemetry, Tls, is_ready, socket_of};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    args::{Global, Serve},
    failure::Failure,
    following,
    imports::ServedImports,
    opening::{self, Use},
    output::{Output, shown, start_service_log},
    resident,
    service::ServedCommands,
};

pub(crate) async fn serve(
    serve: &Serve,
    config: Config,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    if serve.detached {
        nix::unistd::setsid().map_err(|error| Failure::Io {
            action: "leave the session of the process that started this one".to_owned(),
            source: error.into(),
        })?;
    }
    start_service_log(&config.log, global.verbose, global.quiet)?;
    check_scope(global, &config)?;
    let ending = ending()?;
    let data_dir = std::path::absolute(&config.memory.data_dir)
        .map_err(|source| Failure::Io { action: "find the data directory".to_owned(), source })?;
    if serve.check {
        return check(&data_dir).await;
    }
    let mut limits = aios_memory_server::Config::of(&config);
    if let Some(time) = serve.idle_exit {
        limits = limits.with_idle_exit(time);
    }
    if serve.behind_proxy {
        limits = limits.behind_proxy();
    }
    let address = address(serve, &config)?;
    let tls = tls(&config)?;
    let inherited = systemd::listener()?;
    let exposed = inherited.as_ref().map_or(address, Listener::local_addr);
    limits.check(exposed, tls.is_some())?;
    // The socket's directory is in the data directory, which opening creates.
    let memory = AgentMemory::open(config).await?;
    let served = async {
        let mut presence = Presence::claim(&data_dir)?;
        if serve.detached {
            // Only hooks start a service like this.
            presence = presence.on_demand();
        }
        let listener = match inherited {
            Some(listener) => listener,
            None => bind(serve, address, &data_dir).await?,
        };
        let listener = match tls {
            Some(tls) => listener.with_tls(tls),
            None => listener,
        };
        presence.note(&listener)?;
        let server = Server::new(memory.clone(), limits)
            .with_commands(ServedCommands)
            .with_importer(ServedImports);
        let server = match telemetry() {
            Some(telemetry) => server.with_telemetry(telemetry),
            None => server,
        };
        let ready = server.prepare(listener).await?;
        tell_ready(&data_dir, ready.local_addr(), ready.socket(), output)?;
        systemd::notify("READY=1");
        let trimming = tokio::spawn(resident::trim_while_grows());
        let run = ready.run(ending).await;
        trimming.abort();
        run?;
        systemd::notify("STOPPING=1");
        Ok(())
    };
    let served: Result<(), Failure> = served.await;
    opening::close(memory, Use::Writes, output).await;
    served
}

/// Fails if no service of the data directory accepts calls.
async fn check(data_dir: &Path) -> Result<(), Failure> {
    let unsound = |what: &str| Failure::Unsound { what: what.to_owned() };
    let socket = Presence::find(data_dir);
    let socket = socket.ok_or_else(|| unsound("no service runs for the data directory"))?;
    match is_ready(&socket).await {
        true => Ok(()),
        false => Err(unsound("the service does not accept calls")),
    }
}

/// Refuses scope flags, because the token or the caller determines the user of a call.
fn check_scope(global: &Global, config: &Config) -> Result<(), Failure> {
    let (user, project, others) = global.bound();
    if user.is_some() || project.is_some() || others {
        return Err(Failure::Usage {
            message: "a service has no scope of its own: each call says whom it acts for"
                .to_owned(),
            hint: "omit the flags of the scope; set `server.user`, or use `aios-memory token add`",
        });
    }
    match config.memory.access {
        Access::ReadOnly => Err(aios_memory::Error::ReadOnly.into()),
        Access::ReadWrite => Ok(()),
    }
}

/// Returns the TCP address. `None` if only the socket is used.
fn address(serve: &Serve, config: &Config) -> Result<Option<SocketAddr>, Failure> {
    let text = serve.listen.as_deref().unwrap_or(&config.server.listen);
    if text == "none" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Failure::Usage {
        message: format!("`{text}` is not an address and a port"),
        hint: "write it like 127.0.0.1:50053 or [::1]:50053, or `none` for the socket alone",
    })
}

async fn bind(
    serve: &Serve,
    address: Option<SocketAddr>,
    data_dir: &Path,
) -> Result<Listener, Failure> {
    let socket = serve.socket.clone().unwrap_or_else(|| socket_of(data_dir));
    let listener = Listener::bind_unix(socket).await?;
    Ok(match address {
        Some(address) => listener.and_tcp(address).await?,
        None => listener,
    })
}

fn tls(config: &Config) -> Result<Option<Tls>, Failure> {
    let (certificate, key) = (&config.server.tls_certificate, &config.server.tls_key);
    match (certificate.as_os_str().is_empty(), key.as_os_str().is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(Tls::open(certificate, key)?)),
        _ => Err(Failure::Usage {
            message: "only one of `server.tls_certificate` and `server.tls_key` is set".to_owned(),
            hint: "set both, or neither",
        }),
    }
}

/// Returns the traces configured by the `OTEL_*` variables. Unsupported values are reported, and
/// the memory is served without traces.
fn telemetry() -> Option<Telemetry> {
    let variable = |name: &str| match std::env::var(name) {
        Ok(value) => Some(value),
        Err(std::env::VarError::NotPresent) => None,
        // Such a value is not supported, so its replacement is reported.
        Err(std::env::VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
    };
    match Telemetry::from_variables(variable) {
        Ok(telemetry) => {
            if let Some(endpoint) = telemetry.as_ref().and_then(Telemetry::endpoint) {
                tracing::info!(endpoint, "traces of calls are exported");
            }
            telemetry
        }
        Err(error) => {
            let advice = error.advice().unwrap_or_default();
            tracing::warn!("no traces are exported: {error} ({advice})");
            None
        }
    }
}

fn tell_ready(
    data_dir: &Path,
    listen: Option<SocketAddr>,
    socket: Option<&Path>,
    output: Output,
) -> Result<(), Failure> {
    let pid = std::process::id();
    let ready = json!({
        "ready": true, "data_dir": data_dir, "listen": listen, "socket": socket, "pid": pid,
    });
    output.result(&ready, |out| {
        let places = listen.map(|address| address.to_string()).into_iter();
        let places: Vec<String> = places.chain(socket.map(shown)).collect();
        writeln!(out, "serving {} on {}", shown(data_dir), places.join(" and "))
    })?;
    Ok(())
}

/// Returns a future that completes at a termination or interrupt signal.
fn ending() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |source: io::Error| Failure::Io { action: "wait for signals".to_owned(), source };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        following::end_readings();
    })
}
