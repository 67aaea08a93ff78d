//! `--shard`: which part of the work is for this machine.

use std::{fs, path::Path};

use crate::{credentials::Environment, plan::shard::Shard};

/// Reads `I/N`, the part with a number from 0 and how many there are; or `auto/N` and `auto`, for
/// which the scheduler of the job says what is not said. `cuts` is the file that says where the
/// parts end, if one does.
///
/// # Errors
/// Neither, or no such part, as a text for people.
pub(super) fn parse(
    text: &str,
    cuts: Option<&Path>,
    environment: &Environment,
) -> Result<Shard, String> {
    let (index, count) = numbers(text, environment)?;
    let shard = Shard::new(index, count).ok_or_else(|| match count {
        0 => format!("--shard {text}: there must be one part at least"),
        _ => format!(
            "--shard {text}: of {count} the numbers are 0 to {}, not {index}",
            count - 1
        ),
    })?;
    match cuts {
        Some(path) => between(index, count, path),
        None => Ok(shard),
    }
}

/// The part that a file of names cuts out.
fn between(index: u64, count: u64, path: &Path) -> Result<Shard, String> {
    let about = |text: String| format!("--cuts {}: {text}", path.display());
    let text = fs::read_to_string(path).map_err(|error| about(error.to_string()))?;
    let cuts: Result<Vec<String>, _> = text.lines().map(serde_json::from_str).collect();
    let cuts = cuts.map_err(|_| about("each line must be a name in quotes, as JSON".to_owned()))?;
    let parts = cuts.len() as u64 + 1;
    if parts != count {
        return Err(about(format!("it makes {parts} parts, and not {count}")));
    }
    let unordered = || about("the names are not in the order of their bytes".to_owned());
    Shard::between(index, &cuts).ok_or_else(unordered)
}

fn numbers(text: &str, environment: &Environment) -> Result<(u64, u64), String> {
    let (index, count) = match text.split_once('/') {
        Some((index, count)) => (index, Some(count)),
        None => (text, None),
    };
    match (index, count) {
        ("auto", count) => {
            let job = JOBS.iter().find(|job| environment.get(job.index).is_some());
            let job = job.ok_or_else(|| {
                let names: Vec<_> = JOBS.iter().map(|job| job.index).collect();
                format!("--shard auto: none of {} is set", names.join(", "))
            })?;
            job.part(environment, count)
        }
        (index, Some(count)) => Ok((number("--shard", index)?, number("--shard", count)?)),
        (_, None) => Err(format!("--shard {text}: I/N, auto/N or auto expected")),
    }
}

/// The variables in which a scheduler says which of the tasks of a job this is.
struct Job {
    index: &'static str,
    /// How many there are.
    count: Option<&'static str>,
    /// The first number and the distance between two, where those are not 0 and 1.
    steps: Option<[&'static str; 2]>,
}

/// Source: Slurm, sbatch(1), "Job Array Support"; Kubernetes, "Indexed Job for Parallel
/// Processing"; AWS Batch User Guide, "Job environment variables"; PBS Professional User's Guide,
/// "Job Arrays".
const JOBS: [Job; 4] = [
    Job {
        index: "SLURM_ARRAY_TASK_ID",
        count: Some("SLURM_ARRAY_TASK_COUNT"),
        steps: Some(["SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"]),
    },
    Job {
        index: "JOB_COMPLETION_INDEX",
        count: None,
        steps: None,
    },
    Job {
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
        steps: None,
    },
    Job {
        index: "PBS_ARRAY_INDEX",
        count: None,
        steps: None,
    },
];

impl Job {
    /// Where the number of parts is said, tasks count from 0: then one that is run again alone has
    /// the part that it had.
    fn part(&self, environment: &Environment, said: Option<&str>) -> Result<(u64, u64), String> {
        let value = |name: &str| number(name, environment.get(name).unwrap_or_default());
        let id = value(self.index)?;
        match (said, self.count) {
            (Some(count), _) => Ok((id, number("--shard", count)?)),
            (None, None) => Err(format!(
                "--shard auto: {} does not say of how many: give auto/N",
                self.index
            )),
            (None, Some(count)) => {
                let [first, step] = match self.steps {
                    Some([first, step]) => [value(first)?, value(step)?],
                    None => [0, 1],
                };
                let distance = id.checked_sub(first).filter(|_| step > 0);
                match distance.filter(|distance| distance % step == 0) {
                    Some(distance) => Ok((distance / step, value(count)?)),
                    None => Err(format!(
                        "--shard auto: {} {id} is none of the tasks from {first} in steps of {step}",
                        self.index
                    )),
                }
            }
        }
    }
}

fn number(name: &str, text: &str) -> Result<u64, String> {
    let not = |_| format!("{name}: \"{text}\" is not a number");
    text.parse().map_err(not)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<Shard, String> {
        let mut all = [("", ""); 4];
        all[..variables.len()].copy_from_slice(variables);
        parse(text, None, &Environment::from(all))
    }

    fn shard(index: u64, count: u64) -> Result<Shard, String> {
        Ok(Shard::new(index, count).unwrap())
    }

    #[test]
    fn a_part_is_said_or_known_from_the_scheduler() {
        let slurm = |id| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_MIN", "1"),
                ("SLURM_ARRAY_TASK_STEP", "2"),
            ]
        };
        let batch = [
            ("AWS_BATCH_JOB_ARRAY_INDEX", "2"),
            ("AWS_BATCH_JOB_ARRAY_SIZE", "3"),
        ];
        assert_eq!(with("2/3", &[]), shard(2, 3));
        assert_eq!(with("2/3", &slurm("7")), shard(2, 3));
        assert_eq!(with("auto", &slurm("7")), shard(3, 4));
        assert_eq!(with("auto/16", &slurm("7")), shard(7, 16));
        assert_eq!(with("auto", &batch), shard(2, 3));
        for index in ["JOB_COMPLETION_INDEX", "PBS_ARRAY_INDEX"] {
            assert_eq!(with("auto/8", &[(index, "5")]), shard(5, 8));
        }
    }

    /// Otherwise a part would be nobody's, or everybody's.
    #[test]
    fn what_is_no_part_is_named() {
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
        let cases: [Case<'_>; 9] = [
            ("3/3", &[], "of 3 the numbers are 0 to 2, not 3"),
            ("0/0", &[], "one part at least"),
            ("1", &[], "I/N, auto/N or auto expected"),
            ("-1/3", &[], "\"-1\" is not a number"),
            ("1/x", &[], "\"x\" is not a number"),
            ("auto", &[], "none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION"),
            ("auto", &[("JOB_COMPLETION_INDEX", "1")], "give auto/N"),
            ("auto/2", &[("PBS_ARRAY_INDEX", "2")], "0 to 1, not 2"),
            (
                "auto",
                &[("AWS_BATCH_JOB_ARRAY_INDEX", "1")],
                "AWS_BATCH_JOB_ARRAY_SIZE: \"\" is not a number",
            ),
        ];
        for (text, variables, expected) in cases {
            let error = with(text, variables).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let task = |id, step| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_MIN", "1"),
                ("SLURM_ARRAY_TASK_STEP", step),
            ]
        };
        for (id, step) in [("0", "1"), ("4", "2"), ("1", "0")] {
            let error = with("auto", &task(id, step)).unwrap_err();
            assert!(error.contains("is none of the tasks"), "{error}");
        }
    }
}
