// The editor writes style elements of its own while it runs. The policy of the page lets only those through that bear the nonce of
// this answer, and the editor knows of none: hence it is put on here, before anything else is loaded. Markup has no way to it.

const { nonce } = document.querySelector("link[nonce]");
const create = Document.prototype.createElement;

Document.prototype.createElement = function (name, options) {
  const element = create.call(this, name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
