//! A JWT of Appwrite's, which stands for the session for a while.

use crate::{
    appwrite::{Failure, Operation, operations::jwt},
    credential::Issued,
    error::Result,
    session::{handle::Session, publisher::Held},
};

impl Session {
    /// Lets Appwrite make a JWT for `held`. What its answer says about the session is told to the machine.
    pub(crate) async fn jwt(&self, held: &Held) -> Result<Issued> {
        let Operation { call, read } = jwt::create();
        let answer = self.appwrite.perform(&call, Some(&held.credential)).await;
        let reply = self.judged(held, answer).await?;
        let token = read(reply.body()).ok_or(Failure::Unintelligible(None))?;
        Ok(Issued { token, life: jwt::LIFE })
    }
}
