//! Gives its rights up as a decode child does, then tries each of them and says what came of it: `NAME yes` or `NAME no`.

use std::{
    fs::{self, File},
    io,
    net::{TcpListener, TcpStream},
    os::unix::net::UnixDatagram,
    process::{Command, ExitCode},
    thread,
};

use inkstream_native::sandbox::{Allowance, close};

pub(crate) fn main() -> ExitCode {
    let env: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    let allowance = Allowance { address_space: 256 << 20, file_size: 1 << 20, fonts: true };
    if let Err(error) = close(&allowance) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let tries: [(&str, bool); 17] = [
        ("environment", env.iter().any(|name| name != "OMP_THREAD_LIMIT")),
        ("read_password_file", fs::read("/etc/passwd").is_ok()),
        ("read_own_program", File::open("/proc/self/exe").is_ok()),
        ("list_root", fs::read_dir("/").is_ok()),
        ("create_file", File::create("/tmp/inkstream-probe").is_ok()),
        ("create_font", File::create("/usr/share/fonts/inkstream-probe").is_ok()),
        ("delete_file", fs::remove_file("/tmp/inkstream-probe").is_ok()),
        (
            "connect",
            TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused),
        ),
        ("listen", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("unix_socket", UnixDatagram::unbound().is_ok()),
        ("execute", Command::new("/bin/true").status().is_ok()),
        ("thread", thread::Builder::new().spawn(|| ()).is_ok()),
        ("signal_parent", call(libc::SYS_kill, [i64::from(std::os::unix::process::parent_id()), 0, 0])),
        ("trace", call(libc::SYS_ptrace, [i64::from(libc::PTRACE_TRACEME), 0, 0])),
        ("memfd", call(libc::SYS_memfd_create, [c"x".as_ptr() as i64, 0, 0])),
        ("memory", Vec::<u8>::new().try_reserve_exact(512 << 20).is_ok()),
        ("executable_memory", call(libc::SYS_mprotect, [0, 4096, i64::from(libc::PROT_EXEC)])),
    ];
    for (name, could) in tries {
        println!("{name} {}", if could { "yes" } else { "no" });
    }
    println!("list_fonts {}", if fs::read_dir("/usr/share/fonts").is_ok() { "yes" } else { "no" });
    ExitCode::SUCCESS
}

/// Whether the kernel lets a call through: any answer but EPERM.
fn call(number: i64, [a, b, c]: [i64; 3]) -> bool {
    // SAFETY: the arguments are numbers, or point to a constant; none of the calls writes to this process's memory.
    let answer = unsafe { libc::syscall(number, a, b, c) };
    answer != -1 || io::Error::last_os_error().raw_os_error() != Some(libc::EPERM)
}
