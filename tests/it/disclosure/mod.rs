//! Disclosure control under attack: by somebody who computes, and by somebody who asks.

mod adversary;
mod asked;
mod attack;
mod bundle;
mod inversion;
mod line;
