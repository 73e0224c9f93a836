// What `import … with { type: "text" }` gives; the TypeScript compiler has to be told.
declare module "*.txt" {
  const text: string;
  export default text;
}
