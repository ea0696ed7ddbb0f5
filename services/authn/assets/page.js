// Small comforts of the hosted pages. Every page works without this file.

for (const button of document.querySelectorAll('[data-toggle-password]')) {
  const field = document.getElementById(button.dataset.togglePassword);
  const status = document.querySelector('[data-toggle-status]');
  const show = (visible) => {
    field.type = visible ? 'text' : 'password';
    button.textContent = visible ? button.dataset.hide : button.dataset.show;
    button.setAttribute('aria-label', visible ? button.dataset.hideLabel : button.dataset.showLabel);
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    const visible = field.type === 'password';
    show(visible);
    status.textContent = visible ? button.dataset.shown : button.dataset.hidden;
  });
  // A visible password would be kept in the browser's form history, and not by its password manager.
  field.form.addEventListener('submit', () => show(false));
}

for (const form of document.querySelectorAll('form[data-once]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'true';
    // The button is not disabled: a disabled one would neither be posted nor keep the focus.
    event.submitter?.setAttribute('aria-disabled', 'true');
    if (form.dataset.busy && event.submitter?.matches('.primary')) {
      event.submitter.dataset.label = event.submitter.textContent;
      event.submitter.textContent = form.dataset.busy;
    }
  });
}

// Coming back with the browser's Back button may show the page as it was left.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('[aria-disabled]')) {
      button.removeAttribute('aria-disabled');
      if (button.dataset.label) button.textContent = button.dataset.label;
    }
  }
});
