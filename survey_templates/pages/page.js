// Saves a survey as one goes and shows on one page what otherwise takes two steps. Without it, or when it fails, the
// same form works by itself. What is typed stays in the form and on the server: nothing is kept in the browser.
(() => {
  // milliseconds
  const WAIT = 600, LONGEST_WAIT = 30000, PATIENCE = 15000;
  const form = document.getElementById('survey'), words = form.dataset;
  const place = (id) => document.getElementById(id);
  const [first, more, choice, saved, state] = ['first', 'more', 'choice', 'saved', 'state'].map(place);
  const below = form.querySelector('.below');
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const content = () => JSON.stringify([...new FormData(form)]);
  const chosen = () => form.querySelector('[name=score]:checked');
  let kept, tried, timer, wait, touched, busy, finishing, over, failing;

  function show() {
    const score = chosen();
    more.hidden = !score;
    // What is saved stands in its place, so that nothing jumps.
    if (below) below.hidden = score;
    for (const text of form.querySelectorAll('[data-bands]')) {
      text.hidden = !score || !text.dataset.bands.includes(score.dataset.band);
    }
    form.querySelectorAll('textarea').forEach(count);
  }

  function count(area) {
    const length = [...area.value.trim()].length, counter = place(area.id + '-count');
    const said = words.count.replace('{length}', number.format(length)).replace('{limit}', number.format(words.limit));
    counter.textContent = length ? said : '';
    counter.classList.toggle('over', length > words.limit);
  }

  function tell(text, good) {
    // A live region is read out again whenever it is written to: only news is written.
    if (saved.textContent !== text) saved.textContent = text;
    state.textContent = good ? words.all : text;
    for (const line of [saved, state]) line.classList.toggle('ok', good);
  }

  function mark(faults) {
    for (const box of form.querySelectorAll('[data-field]')) {
      const sentence = faults[box.dataset.field] || '';
      const control = box.matches('[role]') ? box : box.querySelector('textarea, [role]');
      box.classList.toggle('faulty', sentence !== '');
      box.querySelector('.fault').textContent = sentence;
      control?.setAttribute('aria-invalid', sentence !== '');
    }
  }

  function post(step, keepalive) {
    const body = new FormData(form);
    body.set('step', step);
    const headers = { Accept: 'application/json' }, signal = AbortSignal.timeout?.(PATIENCE);
    return fetch(form.action, { method: 'POST', body, headers, keepalive, signal });
  }

  function later(after) {
    clearTimeout(timer);
    timer = setTimeout(save, after);
  }

  // One post at a time, so that an older state never arrives after a newer one.
  async function save() {
    clearTimeout(timer);
    if (busy || over || !touched || !chosen() || (!finishing && content() === kept)) return;
    const score = chosen().value, last = finishing;
    tried = content();
    busy = true;
    try {
      await settle(await post(last ? '2' : 'draft'), score, last);
    } catch {
      failing = true;
      tell(words.unsaved, false);
      wait = Math.min(2 * (wait || 500), LONGEST_WAIT);
      later(wait);
    }
    busy = false;
    if (!failing && !over && (finishing || content() !== tried)) later(0);
  }

  async function settle(answer, score, last) {
    const refused = [404, 410, 413, 422].includes(answer.status);
    if (!answer.ok && !refused) throw answer;
    failing = false;
    wait = 0;
    if (answer.ok) {
      kept = tried;
      follow(score);
      mark({});
      tell(words.saved.replace('{}', score), true);
      if (last) leave(() => location.assign(answer.redirected ? answer.url : form.action));
    } else if (answer.status === 413) {
      // Nothing is lost as long as it stands here.
      finishing = false;
      tell(words.large, false);
    } else if (last) {
      // The server has a page for it, with everything that was typed.
      leave(() => form.submit());
    } else if (answer.status === 422) {
      const { faults } = await answer.json();
      mark(faults);
      tell(Object.values(faults)[0], false);
    } else {
      over = true;
      tell(words.closed, false);
    }
  }

  function here(name, value) {
    const url = new URL(location.href);
    url.searchParams.set(name, value);
    return url.href;
  }

  // Reloading, or another language, shows what is saved now, and not the number that the mail's link named.
  function follow(score) {
    history.replaceState(null, '', here('score', score));
  }

  function leave(go) {
    over = true;
    go();
  }

  // What is left when the page may go away: sent even if it does.
  async function flush() {
    if (over || finishing || !touched || !chosen() || content() === kept) return;
    const before = kept, score = chosen().value;
    kept = content();
    const good = await post('draft', true).then((answer) => answer.ok, () => false);
    if (good) follow(score);
    else kept = before;
    return good;
  }

  function touch(event) {
    // What a program presses by itself is no answer; the `input` that follows its click looks like a person's.
    touched = touched || (event.isTrusted && (event.type === 'click' || event.target.matches('textarea')));
    if (!touched) return;
    show();
    if (!failing || event.type === 'input') later(WAIT);
  }

  form.addEventListener('input', touch);
  form.addEventListener('click', touch);
  form.addEventListener('submit', (event) => {
    // Pressed by a program, or closed meanwhile: the plain way.
    if (!touched || over) return;
    event.preventDefault();
    finishing = true;
    save();
  });
  // Without script the button takes along what was typed; here that is saved first, and the address names the language.
  place('languages')?.addEventListener('click', (event) => {
    const go = () => location.assign(here('lang', event.target.value));
    if (!event.target.value) return;
    event.preventDefault();
    if (!touched || over || !chosen() || content() === kept) go();
    else flush().then((good) => good ? go() : save());
  });
  addEventListener('online', () => { if (failing) save(); });
  addEventListener('pagehide', flush);
  document.addEventListener('visibilitychange', () => { if (document.hidden) flush(); });
  addEventListener('beforeunload', (event) => { if (failing && !over) event.preventDefault(); });
  addEventListener('pageshow', (event) => { if (event.persisted && over) location.reload(); else show(); });

  first?.remove();
  saved.querySelector('a')?.remove();
  choice.hidden = false;
  form.elements.step.value = '2';
  if ('kept' in words) kept = content();
  // A page that came back with faults holds what somebody typed and nobody has saved.
  touched = document.querySelector('.faults') !== null;
  show();
})();
