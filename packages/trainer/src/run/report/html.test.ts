import { describe, expect, it } from 'vitest';
import { html, trusted } from './html.js';

describe('html', () => {
  it('escapes what is put in, between tags and in attributes', () => {
    const hostile = `"><script>alert('1')</script>&amp;`;
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;">' +
        '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;</p>',
    );
  });

  it('keeps what is HTML already, joins lists and shows nothing for undefined', () => {
    const items = ['a', '<b>'].map((name) => html`<li>${name}</li>`);
    expect(html`<ul>${items}${undefined}${3}</ul>${trusted('<br>')}`.text).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li>3</ul><br>',
    );
  });

  it('does not read escapes of the source as those of the text', () => {
    expect(html`${'\\u0041 $& {}'}`.text).toBe('\\u0041 $&amp; {}');
  });
});
