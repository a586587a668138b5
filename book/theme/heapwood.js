// What the book's pages do beyond mdBook's: pictures that step, consoles that can be copied.
'use strict';

(() => {
    // A picture shows one frame at a time. Without this script its first and last frames show.
    for (const picture of document.querySelectorAll('.picture')) {
        const frames = [...picture.querySelectorAll('.picture-frame')];
        let at = 0;
        const live = document.createElement('div');
        live.setAttribute('aria-live', 'polite');
        const steps = document.createElement('div');
        steps.className = 'picture-steps';
        const button = (label, move) => {
            const made = document.createElement('button');
            made.type = 'button';
            made.textContent = label;
            made.addEventListener('click', () => show(move()));
            steps.append(made);
            return made;
        };
        const show = (index) => {
            at = Math.min(Math.max(index, 0), frames.length - 1);
            frames.forEach((frame, number) => { frame.hidden = number !== at; });
            const caption = frames[at].querySelector('.picture-caption').cloneNode(true);
            caption.classList.remove('picture-moved');
            live.replaceChildren(caption);
            back.disabled = at === 0;
            next.disabled = at === frames.length - 1;
            first.disabled = at === 0;
        };
        const first = button('First', () => 0);
        const back = button('Back', () => at - 1);
        const next = button('Next', () => at + 1);
        frames.forEach((frame) => { frame.querySelector('.picture-caption').classList.add('picture-moved'); });
        picture.append(live, steps);
        if (frames.length === 1) {
            steps.hidden = true;
        }
        // mdBook turns pages with the arrow keys: a picture takes them only while it has the focus.
        picture.addEventListener('keydown', (event) => {
            const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
            if (move && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
                event.preventDefault();
                event.stopPropagation();
                show(at + move);
            }
        });
        show(0);
    }

    // What is copied from a console is what is typed: no prompts, no output.
    for (const console of document.querySelectorAll('.console[data-copy]')) {
        const head = console.querySelector('.console-head');
        const copy = document.createElement('button');
        copy.type = 'button';
        copy.className = 'console-copy';
        copy.textContent = 'Copy';
        copy.addEventListener('click', async () => {
            try {
                await navigator.clipboard.writeText(console.dataset.copy);
                copy.textContent = 'Copied';
            } catch {
                copy.textContent = 'Not allowed';
            }
            setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
        });
        if (console.dataset.copy) {
            head.append(copy);
        }
    }
})();
