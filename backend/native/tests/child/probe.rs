//! Gives its rights up as a decode or a read child does, then tries each of them and says what came of it: `NAME yes` or `NAME no`.

use std::{
    fs::{self, File},
    io,
    net::{TcpListener, TcpStream},
    os::unix::net::UnixDatagram,
    process::{Command, ExitCode},
    thread,
};

use inkstream_native::sandbox::{Allowance, close};

pub(crate) fn main(fonts: bool) -> ExitCode {
    let env: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    let allowance = Allowance { address_space: 256 << 20, file_size: 1 << 20, fonts };
    if let Err(error) = close(&allowance) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let parent = i64::from(std::os::unix::process::parent_id());
    let here = i64::from(libc::AT_FDCWD);
    let mut room = [0_u8; 512];
    let room = room.as_mut_ptr() as i64;
    let passwords = c"/etc/passwd".as_ptr() as i64;
    let fcntl = |command: libc::c_int, value: i64| call(libc::SYS_fcntl, [1, i64::from(command), value, 0, 0]);
    let stat = |flags: libc::c_int| call(libc::SYS_newfstatat, [here, passwords, room, i64::from(flags), 0]);
    let open = |flags: libc::c_int| call(libc::SYS_openat, [here, passwords, i64::from(flags), 0, 0]);
    let tries = [
        ("environment", env.iter().any(|name| name != "OMP_THREAD_LIMIT")),
        ("read_password_file", fs::read("/etc/passwd").is_ok()),
        ("read_own_program", File::open("/proc/self/exe").is_ok()),
        ("list_root", fs::read_dir("/").is_ok()),
        ("create_file", File::create("/tmp/inkstream-probe").is_ok()),
        ("create_font", File::create("/usr/share/fonts/inkstream-probe").is_ok()),
        ("delete_file", fs::remove_file("/tmp/inkstream-probe").is_ok()),
        ("open_by_path_alone", open(libc::O_PATH)),
        ("open_to_be_signalled", open(libc::O_ASYNC)),
        (
            "connect",
            TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused),
        ),
        ("listen", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("unix_socket", UnixDatagram::unbound().is_ok()),
        ("execute", Command::new("/bin/true").status().is_ok()),
        ("thread", thread::Builder::new().spawn(|| ()).is_ok()),
        ("signal_parent", call(libc::SYS_kill, [parent, 0, 0, 0, 0])),
        ("signal_parents_thread", call(libc::SYS_tgkill, [parent, parent, 0, 0, 0])),
        ("queue_signal", call(libc::SYS_rt_sigqueueinfo, [parent, 0, room, 0, 0])),
        ("signal_by_descriptor", call(libc::SYS_pidfd_open, [parent, 0, 0, 0, 0])),
        ("trace", call(libc::SYS_ptrace, [i64::from(libc::PTRACE_TRACEME), 0, 0, 0, 0])),
        ("memfd", call(libc::SYS_memfd_create, [c"x".as_ptr() as i64, 0, 0, 0, 0])),
        ("memory", Vec::<u8>::new().try_reserve_exact(512 << 20).is_ok()),
        ("executable_memory", call(libc::SYS_mprotect, [0, 4096, i64::from(libc::PROT_EXEC), 0, 0])),
        ("map_executable", call(libc::SYS_mmap, [0, 4096, i64::from(libc::PROT_EXEC), 0x22, -1])),
        ("descriptor_owner", fcntl(libc::F_SETOWN, parent)),
        ("descriptor_owner_of_kind", fcntl(15, room)), // F_SETOWN_EX
        ("descriptor_signal", fcntl(10, i64::from(libc::SIGTERM))), // F_SETSIG
        ("descriptor_flags", fcntl(libc::F_SETFL, i64::from(libc::O_ASYNC))),
        ("directory_signal", fcntl(libc::F_NOTIFY, 1)),
        ("lease", fcntl(libc::F_SETLEASE, i64::from(libc::F_RDLCK))),
        ("lock", fcntl(libc::F_GETLK, room)),
        ("seal", fcntl(libc::F_ADD_SEALS, 0)),
        ("pipe_size", fcntl(libc::F_SETPIPE_SZ, 1 << 20)),
        ("plain_copy", fcntl(libc::F_DUPFD, 3)),
        ("device_async", call(libc::SYS_ioctl, [1, libc::FIOASYNC as i64, room, 0, 0])),
        ("device_owner", call(libc::SYS_ioctl, [1, 0x8901, room, 0, 0])), // FIOSETOWN
        ("terminal_input", call(libc::SYS_ioctl, [0, libc::TIOCSTI as i64, room, 0, 0])),
        ("process_control", call(libc::SYS_prctl, [i64::from(libc::PR_GET_DUMPABLE), 0, 0, 0, 0])),
        ("limits", call(libc::SYS_prlimit64, [parent, libc::RLIMIT_CPU.into(), 0, room, 0])),
        ("extended_look", call(libc::SYS_statx, [here, passwords, 0, 0, room])),
        ("look_at_link", stat(libc::AT_SYMLINK_NOFOLLOW)),
        // Not guarded by landlock, and PDFium needs it for the fonts.
        ("look_at_file", stat(0) && !fonts),
        #[cfg(target_arch = "x86_64")]
        ("look_at_file_by_the_older_call", call(libc::SYS_stat, [passwords, room, 0, 0, 0]) && !fonts),
        ("look_at_nameless", stat(libc::AT_EMPTY_PATH) && !fonts),
    ];
    for (name, could) in tries {
        println!("{name} {}", if could { "yes" } else { "no" });
    }
    println!("list_fonts {}", if fs::read_dir("/usr/share/fonts").is_ok() { "yes" } else { "no" });
    ExitCode::SUCCESS
}

/// Whether the kernel lets a call through: any answer but EPERM.
fn call(number: i64, arguments: [i64; 5]) -> bool {
    let [first, second, third, fourth, fifth] = arguments;
    // SAFETY: the arguments are numbers, or point to a constant or to memory that the call may write to.
    let answer = unsafe { libc::syscall(number, first, second, third, fourth, fifth, 0) };
    answer != -1 || io::Error::last_os_error().raw_os_error() != Some(libc::EPERM)
}
