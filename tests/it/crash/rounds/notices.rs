//! What has to hold of notices whenever all is settled.

use std::collections::BTreeSet;

use super::{
    super::witness::{HandOver, Witness},
    fleet::Fleet,
    verdict::assert_begun_once_a_life,
};

/// Each arrives, with its reference, at most once more for each death that hit it; and none without a change that was committed.
pub async fn pronounce(witness: &Witness, fleet: &Fleet<'_>) {
    let (begun, sent) = witness.notices();
    let posted = witness.texts("select notice_id::text, reference, begun::text from seen_notices").await;
    let known: BTreeSet<_> = posted.iter().map(|row| row[0].as_str()).collect();
    assert!(begun.iter().all(|begun| known.contains(begun.transmission.as_str())), "sent before it was committed");
    for row in &posted {
        let [id, reference, times] = <&[String; 3]>::try_from(row.as_slice()).unwrap();
        let of = |all: &[HandOver]| all.iter().filter(|seen| seen.transmission == *id).cloned().collect::<Vec<_>>();
        let (begun, sent) = (of(&begun), of(&sent));
        assert!(!sent.is_empty(), "the notice {reference} was lost after {begun:?}");
        assert!(sent.iter().all(|sent| sent.text.contains(reference)), "{reference}: {sent:?}");
        assert!(sent.windows(2).all(|two| two[0].text == two[1].text && two[0].address == two[1].address), "{sent:?}");
        assert_begun_once_a_life(&begun, times.parse::<usize>().unwrap() - 1, fleet);
        let failed_ways = begun.iter().filter(|begun| begun.role == "first").count();
        let hits = begun.iter().map(|begun| begun.life).collect::<BTreeSet<_>>().len() - 1;
        assert!(sent.len() <= 1 + hits + failed_ways, "{sent:?} after {begun:?}");
    }
    for (what, look) in [
        ("notices that never ended", "select count(*) from seen_notices where not ended"),
        (
            "notices that were begun again while their sender was waited for",
            "select count(*) from seen_notices where early",
        ),
        (
            "notices that the trail does not tell of",
            "select abs((select count(*) from seen_notices) - (select count(*) from events where kind = 'notice.sent'))",
        ),
        (
            "notices that the trail tells of otherwise",
            "select abs((select count(*) from seen_notices) - (select count(*) from events where kind = 'notice.posted'))",
        ),
    ] {
        assert_eq!(witness.number(look).await, 0, "{what}");
    }
    println!("{} notices, {} sent", posted.len(), sent.len());
}
