'use client';

import { useEffect } from 'react';

/** The element is only defined in the browser, after the page is there; on the server it is an empty tag. */
export function Decoder(attributes) {
  useEffect(() => {
    import('@vae/sdk/element');
  }, []);
  return <vae-decoder {...attributes} />;
}
