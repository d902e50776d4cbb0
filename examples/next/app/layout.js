export const metadata = { title: 'A decoder in Next' };

export default function Layout({ children }) {
  return (
    <html lang="en" style={{ colorScheme: 'light dark', fontFamily: 'system-ui, sans-serif' }}>
      <body>{children}</body>
    </html>
  );
}
