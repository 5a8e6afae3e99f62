//! The document of the listener that faces the world: the paths that are the service's own there, and Taler's, which are
//! nowhere else. The bank core's routes are the bank core's to describe.

use std::collections::BTreeSet;

use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Contract,
        path::{Operation, PathItem},
    },
};

use super::operations;
use crate::http::{
    routes::{TalerDocumented, place_at_the_gateway},
    wire::taler::{TalerChallengeRow, TalerOffer},
};

const DESCRIPTION: &str = "What Tanager serves itself in front of a bank core: the second factor of its customers. Every \
    other path is the bank core's.\n\n\
    A protected route of the bank core is answered here as long as a proof is missing: 403 with `code` 10002, a ticket and \
    the header `TAN-Required`, or 202 with a `TalerOffer`. Ask for a challenge, answer it, and send the identical request \
    again with the token in `TAN-Token`, or with the challenge's id in `Taler-Challenge-Ids`. The bank core sees it then, \
    once. 502 with `code` 10091: the bank core gave no answer.\n\n\
    Every reply of Tanager with a status of 400 or more has a body with `code`, `hint` and maybe `detail`; clients branch \
    on `code`.";

/// What the document says of Taler's flow as a whole.
#[derive(OpenApi)]
#[openapi(
    components(schemas(TalerOffer, TalerChallengeRow)),
    tags((name = "Taler", description = "A proof as GNU Taler's clients know it: the challenge's id is the credential."))
)]
struct Taler;

/// What is left of `contract` at the gateway, and Taler's routes.
pub(super) fn narrowed(mut contract: Contract) -> Contract {
    contract.info.description = Some(DESCRIPTION.to_owned());
    let paths = std::mem::take(&mut contract.paths.paths);
    contract.paths.paths = paths.into_iter().filter_map(placed).collect();
    contract.merge(TalerDocumented::openapi());
    contract.merge(Taler::openapi());
    let used: BTreeSet<String> = contract.paths.paths.values_mut().flat_map(operations).flat_map(tags).collect();
    contract.tags.get_or_insert_default().retain(|tag| used.contains(&tag.name));
    contract
}

/// A path with what anyone but operators may do there: their credentials are unknown at the gateway.
fn placed((path, mut item): (String, PathItem)) -> Option<(String, PathItem)> {
    item.put.take_if(|operation| tags(operation).any(|tag| tag == "operators"));
    Some((place_at_the_gateway(&path)?, item))
}

fn tags(operation: &mut Operation) -> impl Iterator<Item = String> {
    operation.tags.clone().unwrap_or_default().into_iter()
}
