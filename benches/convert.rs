//! Arrow to encoded leads.

mod support;

use support::Set;

fn main() {
    for set in Set::ALL {
        let data = set.make();
        println!(
            "{}: {} rows, {:.0} bytes a lead",
            set.name(),
            data.rows,
            data.bytes_a_lead()
        );
    }
}
