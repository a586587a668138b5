//! Who was faster, in words, whoever it was.

use super::answers::Via;
use super::figures::WINDOW_S;
use super::status::{Verdict, WayFigures};

/// Medians closer than this are called about the same: the histograms know them within 1 % each.
const ABOUT_THE_SAME: f64 = 1.1;

/// Compares memory with cold disk, or with warm disk where cold is not available; and says so when warm disk, read in
/// this process from pages that the system holds in memory, was faster than a server behind a socket.
pub(crate) fn verdict(ways: &[WayFigures]) -> Option<Verdict> {
    let median = |via: Via| {
        let way = ways.iter().find(|way| way.via == via)?;
        way.percentiles_us.map(|percentiles| percentiles[0])
    };
    let memory = median(Via::Memory).filter(|&us| us > 0.0)?;
    let (cold, warm) = (median(Via::DiskCold), median(Via::DiskWarm));
    let (disk, us) = match (cold, warm) {
        (Some(us), _) => (Via::DiskCold, us),
        (None, Some(us)) => (Via::DiskWarm, us),
        (None, None) => return None,
    };
    let ratio = us / memory;
    let mut text = format!("{} at the median of the last {WINDOW_S} s", comparison(disk, ratio));
    if let (Some(_), Some(warm)) = (cold, warm) {
        let warm_ratio = warm / memory;
        if warm_ratio < 1.0 {
            text = format!("{text}; {}", comparison(Via::DiskWarm, warm_ratio));
        }
    }
    Some(Verdict { text, ratio })
}

/// `ratio` is the disk's median over memory's.
fn comparison(disk: Via, ratio: f64) -> String {
    let disk = disk.words();
    if ratio >= ABOUT_THE_SAME {
        format!("memory answered {} times faster than {disk}", times(ratio))
    } else if ratio > 1.0 / ABOUT_THE_SAME {
        format!("memory was not faster: it took about as long as {disk}")
    } else {
        format!("memory was not faster: {disk} answered {} times faster than memory", times(1.0 / ratio))
    }
}

fn times(ratio: f64) -> String {
    if ratio < 9.95 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn way(via: Via, median_us: Option<f64>) -> WayFigures {
        WayFigures {
            via,
            unavailable: None,
            count: 1,
            per_second: 1.0,
            percentiles_us: median_us.map(|us| [us; 4]),
            hits: 0,
            misses: 0,
            errors: 0,
            samples: Vec::new(),
        }
    }

    fn text(cold: Option<f64>, warm: Option<f64>, memory: Option<f64>) -> Option<String> {
        let ways = [way(Via::DiskCold, cold), way(Via::DiskWarm, warm), way(Via::Memory, memory)];
        verdict(&ways).map(|verdict| verdict.text)
    }

    #[test]
    fn memory_ahead_of_both_disks_is_said_with_the_ratio() {
        assert_eq!(
            text(Some(820.0), Some(30.0), Some(20.0)).unwrap(),
            "memory answered 41 times faster than cold disk at the median of the last 10 s"
        );
    }

    #[test]
    fn a_warm_disk_ahead_of_memory_is_said_too() {
        assert_eq!(
            text(Some(50.0), Some(5.0), Some(20.0)).unwrap(),
            "memory answered 2.5 times faster than cold disk at the median of the last 10 s; \
             memory was not faster: warm disk answered 4.0 times faster than memory"
        );
    }

    #[test]
    fn memory_behind_or_level_is_said_as_it_is() {
        assert_eq!(
            text(Some(10.0), None, Some(30.0)).unwrap(),
            "memory was not faster: cold disk answered 3.0 times faster than memory \
             at the median of the last 10 s"
        );
        assert_eq!(
            text(None, Some(20.5), Some(20.0)).unwrap(),
            "memory was not faster: it took about as long as warm disk at the median of the last 10 s"
        );
    }

    #[test]
    fn there_is_no_verdict_until_both_sides_have_answered() {
        assert_eq!(text(None, None, Some(20.0)), None);
        assert_eq!(text(Some(10.0), Some(10.0), None), None);
    }
}
