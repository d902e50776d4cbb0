/** Joins the lines of a message, so that one message is one line; a name in it cannot steer the terminal. */
export function oneLine(message: string): string {
  return message
    .split(/\s*[\r\n]+\s*/)
    .filter((part) => part !== '')
    .join(' ')
    .replace(/\p{Cc}/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
