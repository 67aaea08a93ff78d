//! All cells, and the table of what came of them.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::matrix::{
    cell::{Cell, Outcome, Plan, Times},
    kinds, scenarios,
};

/// How often each outcome came up for a kind: once, and for ever.
#[derive(Default, Clone, Copy)]
struct Row {
    passed: [usize; 2],
    failed: [usize; 2],
    violations: usize,
}

/// With `S4CMD_CELL` only the cells whose names have that text are run, and all is told of them.
#[test]
fn table_of_faults() {
    let plans: Vec<Plan> = scenarios::ALL.iter().map(Plan::of).collect();
    let cells: Vec<Cell<'_>> = plans.iter().flat_map(Plan::cells).collect();
    let only = std::env::var("S4CMD_CELL").ok();
    let is_chosen = |cell: &&Cell<'_>| match &only {
        Some(text) => cell.to_string().contains(text),
        None => true,
    };
    let chosen: Vec<&Cell<'_>> = cells.iter().filter(is_chosen).collect();
    let outcomes = run_all(&chosen);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut violations = Vec::new();
    for (cell, outcome) in chosen.iter().zip(&outcomes) {
        let row = rows.entry(cell.kind.name).or_default();
        let times = usize::from(cell.times == Times::ForEver);
        match outcome {
            Outcome::Passed => row.passed[times] += 1,
            Outcome::Failed => row.failed[times] += 1,
            Outcome::Violation(text) => {
                row.violations += 1;
                violations.push(format!("--- {cell}\n{text}"));
            }
        }
    }
    print(&rows);
    assert!(
        violations.is_empty(),
        "{} violations\n{}",
        violations.len(),
        violations.join("\n")
    );
    if only.is_none() {
        // A cell is a fault at a request: twice, because it happens once and for ever.
        assert!(cells.len() / 2 >= 1300, "only {} cells", cells.len() / 2);
        assert!(kinds::ALL.iter().all(|kind| rows.contains_key(kind.name)));
    }
}

/// Side by side; most of the work is arithmetic.
fn run_all(cells: &[&Cell<'_>]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(vec![Outcome::Passed; cells.len()]);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(cell) = cells.get(index) else { break };
                    let outcome = cell.outcome();
                    outcomes.lock().unwrap()[index] = outcome;
                }
            });
        }
    });
    outcomes.into_inner().unwrap()
}

fn print(rows: &BTreeMap<&str, Row>) {
    println!(
        "| fault | once: survived | failed cleanly | for ever: survived | failed cleanly | violations |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    let mut sum = Row::default();
    for kind in kinds::ALL {
        let Some(row) = rows.get(kind.name) else {
            continue;
        };
        print_row(kind.name, row);
        for times in 0..2 {
            sum.passed[times] += row.passed[times];
            sum.failed[times] += row.failed[times];
        }
        sum.violations += row.violations;
    }
    print_row("all", &sum);
}

fn print_row(name: &str, row: &Row) {
    let Row {
        passed,
        failed,
        violations,
    } = row;
    println!(
        "| {name} | {} | {} | {} | {} | {violations} |",
        passed[0], failed[0], passed[1], failed[1]
    );
}
