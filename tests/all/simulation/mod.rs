//! Years of faults in seconds: clients with their stores, the service's own routes, and a network, a disk and a clock that do
//! what a seed says. `SHAPEGEN_SEED=…` runs one seed alone.
//!
//! What holds after each step: a collection shows nothing, or all rows of some commit, those of who is asking; the disk holds
//! all rows of some commit, the one that its offset names where it names one; and no client asks in circles.

mod device;
mod network;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use jiff::Timestamp;
use shapegen_runtime::ManualClock;

use device::Device;
use network::Network;
use world::World;

/// With `SHAPEGEN_CI=1`; else a twentieth of them.
const SEEDS: u64 = 10_000;
const STEPS: usize = 40;
/// A client that is answered at once may ask so often while no time goes by.
const REQUESTS_A_STEP: usize = 60;
/// Virtual seconds within which everything is in order once nothing goes wrong any more.
const PATIENCE: usize = 400;

/// Moves both clocks on.
async fn advance(clock: &ManualClock, by: Duration) {
    clock.advance(by);
    tokio::time::advance(by).await;
    settle().await;
}

/// Lets everybody do what they can do now.
async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

/// Runs a seed; what went wrong, and when.
fn run(seed: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    fastrand::seed(seed);
    let result = runtime.block_on(simulate(seed));
    result.map_err(|error| format!("SHAPEGEN_SEED={seed}: {error}"))
}

async fn simulate(seed: u64) -> Result<(), String> {
    let mut random = Rng::with_seed(seed);
    let mut world = World::new();
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    for _ in 0..random.usize(0..6) {
        world.write(&mut random);
    }
    let chunk_bytes = random.choice([200, 700, 10 << 20]).unwrap();
    let network = Network::new(random.u64(..), world.service(chunk_bytes));
    let mut devices = [Device::new(true), Device::new(false)];
    for device in &mut devices {
        device.start(&network, &clock);
    }
    for step in 0..STEPS {
        let at = |error: String| format!("step {step}: {error}");
        match random.u8(0..100) {
            0..=29 => world.write(&mut random),
            30 => world.truncate(),
            31 => world.invalidate(),
            32 if random.bool() => world.add_column(),
            32 => world.retype_column(),
            33 | 34 => network.set_service(world.service(chunk_bytes)),
            35..=74 => {
                let most = if random.u8(0..8) == 0 { 40_000 } else { 1_500 };
                advance(&clock, Duration::from_millis(random.u64(0..most))).await;
            }
            75 => clock.advance(Duration::from_secs(random.u64(7..90_000))),
            number => random.choice(&mut devices).unwrap().happen(number - 76, &network, &clock, &mut random),
        }
        settle().await;
        for device in &mut devices {
            for _ in 0..random.usize(0..8) {
                if !device.write() {
                    break;
                }
                settle().await;
            }
            device.check(&world).map_err(at)?;
        }
        let requests = network.take_requests();
        if requests > REQUESTS_A_STEP {
            return Err(at(format!("{requests} requests while no time went by")));
        }
    }
    quiet(&mut world, &network, &mut devices, &clock, &mut random, chunk_bytes).await?;
    drop(devices);
    advance(&clock, Duration::from_secs(3)).await;
    match tokio::runtime::Handle::current().metrics().num_alive_tasks() {
        0 => Ok(()),
        tasks => Err(format!("{tasks} tasks are left behind")),
    }
}

/// Nothing goes wrong any more: everything is in order within its time.
async fn quiet(
    world: &mut World,
    network: &Network,
    devices: &mut [Device; 2],
    clock: &ManualClock,
    random: &mut Rng,
    chunk_bytes: usize,
) -> Result<(), String> {
    network.heal();
    world.heal();
    if random.bool() {
        // A new beginning would hide what was lost before it.
        network.set_service(world.service(chunk_bytes));
    }
    world.write(random);
    for device in &mut *devices {
        device.heal(network, clock);
    }
    let mut wrong = String::new();
    for _ in 0..PATIENCE {
        advance(clock, Duration::from_secs(1)).await;
        wrong.clear();
        for device in &mut *devices {
            while device.write() {
                settle().await;
            }
            device.check(world)?;
            device.reopen_stopped(network, clock);
            if let Err(error) = device.is_settled(world) {
                wrong = error;
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
    }
    Err(format!("not in order in the end: {wrong}"))
}

#[test]
fn clients_show_and_keep_what_was_committed_whatever_happens_on_the_way() {
    if let Some(seed) = std::env::var("SHAPEGEN_SEED").ok().and_then(|seed| seed.parse().ok()) {
        return run(seed).unwrap();
    }
    let seeds = if std::env::var_os("SHAPEGEN_CI").is_some() { SEEDS } else { SEEDS / 20 };
    let first = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() * SEEDS;
    println!("seeds from {first} on");
    let next = Arc::new(AtomicU64::new(first));
    let threads = [(); 2].map(|()| {
        let next = next.clone();
        std::thread::spawn(move || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + seeds {
                    return Ok(());
                }
                run(seed)?;
            }
        })
    });
    let failed: Vec<String> = threads.into_iter().filter_map(|thread| thread.join().unwrap().err()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
