//! Checkpoints as an operator has them: by the worker, on command, and another copy to verify with.

use std::{fs, path::Path};

use serde_json::json;

use crate::app::{Installation, eventually};

fn said(output: &std::process::Output) -> (i32, String) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_writes_checkpoints_by_itself_and_on_command_and_verifies_with_them() {
    let installation = Installation::new().await;
    let (code, text) = said(&installation.run(&["audit", "checkpoint"]).await);
    assert_eq!((code, text.contains("audit.checkpoint_file is not set")), (1, true), "{text}");
    let (_, text) = said(&installation.run(&["check-config"]).await);
    assert!(text.contains("warning: audit.checkpoint_file is not set"), "{text}");

    let installation = installation.with("TANAGER_AUDIT__CHECKPOINT_FILE", "checkpoints.jsonl");
    let file = installation.path("checkpoints.jsonl");
    let (_, text) = said(&installation.run(&["check-config"]).await);
    assert!(!text.contains("warning: audit.checkpoint_file"), "{text}");
    let lines = |file: &Path| fs::read_to_string(file).unwrap_or_default().lines().count();
    let process = installation.serve().await;
    eventually("the worker writes the first", async || lines(&file) == 1).await;
    // The worker has the file until the trail knows of what it wrote; who comes meanwhile is refused, and writes nothing.
    eventually("the command writes the second", async || {
        let (code, text) = said(&installation.run(&["audit", "checkpoint"]).await);
        assert!(text.starts_with("written: the ends of ") || text.contains("another process is writing"), "{text}");
        code == 0
    })
    .await;
    assert_eq!(lines(&file), 2);
    let (code, text) = said(&installation.run(&["audit", "verify"]).await);
    assert_eq!((code, text.contains(" events, 2 lines of checkpoints up to 20")), (0, true), "{text}");
    assert_eq!(process.admin.get("/audit/verify").await.body, json!({"whole": true}));

    let copy = installation.path("copy.jsonl");
    fs::copy(&file, &copy).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.split_inclusive('\n').next().unwrap()).unwrap();
    let (code, text) = said(&installation.run(&["audit", "verify"]).await);
    assert_eq!((code, text.contains("broken: line 2 of the file of checkpoints")), (1, true), "{text}");
    let copy = copy.to_str().unwrap();
    assert_eq!(said(&installation.run(&["audit", "verify", "--checkpoints", copy]).await).0, 0);
    assert_eq!(said(&installation.run(&["audit", "verify", "--checkpoints", copy, "--account", "."]).await).0, 0);
    let (code, text) = said(&installation.run(&["audit", "verify", "--checkpoints", "/nowhere"]).await);
    assert_eq!((code, text.contains("there is no file of checkpoints /nowhere")), (1, true), "{text}");
    let (code, text) = said(&installation.run(&["audit", "checkpoint"]).await);
    assert_eq!((code, text.contains("--begin-anew")), (1, true), "{text}");
    let (code, text) = said(&installation.run(&["audit", "checkpoint", "--begin-anew"]).await);
    assert_eq!((code, text.contains("move it away")), (1, true), "{text}");
    fs::remove_file(&file).unwrap();
    assert_eq!(said(&installation.run(&["audit", "checkpoint", "--begin-anew"]).await).0, 0);
    assert_eq!(said(&installation.run(&["audit", "verify"]).await).0, 0);
}
