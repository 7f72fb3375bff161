//! All who answer a question, asked in turns of a second: the minutes of a shared machine differ by half, and ratios are of moments that lie side
//! by side.

use super::{
    Outcome,
    drive::{Asking, Run},
    floor::Floor,
    ground::Ground,
    peer::Peer,
    question::{Question, To},
    server::Server,
};
use std::time::Duration;

/// Before it is measured, each is asked for so long, and so is it at most in one turn.
const TURN: Duration = Duration::from_secs(1);

enum Who<'a> {
    Mistok(&'a Server, Asking),
    Peer(&'a Peer, &'a Server, Asking),
    Alone(Floor),
}

/// One who answers, and what was measured of it.
pub struct Answerer<'a> {
    who: Who<'a>,
    run: Run,
}

impl<'a> Answerer<'a> {
    pub async fn all(
        ground: &Ground,
        server: &'a Server,
        peer: Option<&'a Peer>,
        question: &Question,
        many: usize,
    ) -> Outcome<Vec<Self>> {
        let mistok = Who::Mistok(server, Asking::new(&server.url, question.askings(To::Mistok), many));
        // It cannot open a person: its page is the plain one.
        let peer = peer.filter(|_| question.name != "Q2");
        let peer = peer.map(|peer| Who::Peer(peer, server, Asking::new(&peer.url, question.askings(To::Peer), many)));
        let alone = Floor::of(&ground.app_url(), question, many).await?.map(Who::Alone);
        Ok([Some(mistok), peer, alone].into_iter().flatten().map(|who| Self { who, run: Run::default() }).collect())
    }

    /// All in turns, for so long each.
    pub async fn take_turns(all: &mut [Self], ground: &Ground, span: Duration) -> Outcome {
        for one in &mut *all {
            one.turn(ground, TURN).await?;
            one.run = Run::default();
        }
        ground.settle().await?;
        let (rounds, mut left) = (span.as_secs().max(1), span);
        for round in 0..rounds {
            let turn = TURN.min(left);
            left -= turn;
            let mut order: Vec<_> = all.iter_mut().collect();
            // Who goes after another one finds what that one has left.
            if round % 2 == 1 {
                order.reverse();
            }
            for one in order {
                one.turn(ground, turn).await?;
            }
        }
        Ok(())
    }

    async fn turn(&mut self, ground: &Ground, span: Duration) -> Outcome {
        let turn = match &self.who {
            Who::Mistok(server, asking) => Run::of(|| server.spent(ground), asking.turn(span)).await?,
            // mistok stands still meanwhile, and has read the peer's changes before its own turn comes.
            Who::Peer(peer, server, asking) => {
                server.aside(ground).await?;
                let turn = Run::of(|| peer.spent(ground), asking.turn(span)).await?;
                server.back().await?;
                turn
            }
            Who::Alone(floor) => Run::of(|| (Duration::ZERO, ground.spent()), floor.turn(span)).await?,
        };
        self.run.add(turn);
        Ok(())
    }

    pub fn measured(self) -> (&'static str, Run) {
        let name = match self.who {
            Who::Mistok(..) => "mistok",
            Who::Peer(..) => "PostGraphile",
            Who::Alone(_) => "PostgreSQL alone",
        };
        (name, self.run)
    }
}
